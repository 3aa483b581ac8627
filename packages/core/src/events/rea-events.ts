import { channel } from 'node:diagnostics_channel';
import { Injectable, Logger } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { ReaEvent, ReaEventMap, ReaEventType } from './rea-event.js';

/** The `node:diagnostics_channel` on which every {@link ReaEvent} of the process is published. */
export const REA_CHANNEL = 'rea:event';

const diagnostics = channel(REA_CHANNEL);

/**
 * The one path on which Rea tells what happens: subscribe to {@link events$}, to a single type with {@link on}, or to
 * the process-wide diagnostics channel {@link REA_CHANNEL}.
 *
 * Delivery is synchronous and in order. With no subscriber an event is not even built. A listener given to {@link on}
 * that throws is logged and changes nothing for the invocation or for other listeners; an observer of {@link events$}
 * that throws is reported by RxJS as an unhandled error, as always there.
 */
@Injectable()
export class ReaEvents {
  private readonly logger = new Logger('Rea');
  private readonly listeners = new Set<(event: ReaEvent) => void>();

  /** Every event, from the moment of subscription on. */
  readonly events$ = new Observable<ReaEvent>((subscriber) => this.listen((event) => subscriber.next(event)));

  /** Calls `listener` with the payload of each event of one type. Returns the function that ends it. */
  on<T extends ReaEventType>(type: T, listener: (payload: ReaEventMap[T]) => void): () => void {
    return this.listen((event) => {
      if (event.type === type) listener(event.payload as ReaEventMap[T]);
    });
  }

  /** Whether anybody listens. */
  get isObserved(): boolean {
    return this.listeners.size > 0 || diagnostics.hasSubscribers;
  }

  /** Publishes an event. The payload is built only when somebody listens. */
  publish<T extends ReaEventType>(type: T, payload: () => ReaEventMap[T]): void {
    if (!this.isObserved) return;
    const event = { type, payload: payload() } as ReaEvent;
    for (const listener of this.listeners) {
      try {
        listener(event);
      } catch (error) {
        this.logger.error(`A subscriber of the Rea event "${type}" threw; the invocation is not affected.`, error);
      }
    }
    diagnostics.publish(event);
  }

  private listen(listener: (event: ReaEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
