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
 * Delivery is synchronous, in the order of publishing. An event that nobody listens to is not even built. A listener given
 * to {@link on} that throws is logged and changes nothing for the invocation or for other listeners; an observer of
 * {@link events$} that throws is reported by RxJS as an unhandled error, as always there.
 */
@Injectable()
export class ReaEvents {
  private readonly logger = new Logger('Rea');
  private readonly ofAll = new Set<(event: ReaEvent) => void>();
  private readonly ofType = new Map<ReaEventType, Set<(payload: ReaEvent['payload']) => void>>();

  private listeners = 0;

  /** Every event, from the moment of subscription on. */
  readonly events$ = new Observable<ReaEvent>((subscriber) => {
    const listener = (event: ReaEvent) => subscriber.next(event);
    return this.listen(this.ofAll, listener);
  });

  /** Calls `listener` with the payload of each event of one type. Returns the function that ends it. */
  on<T extends ReaEventType>(type: T, listener: (payload: ReaEventMap[T]) => void): () => void {
    const listeners = this.ofType.get(type) ?? new Set();
    this.ofType.set(type, listeners);
    const own = (payload: ReaEvent['payload']) => listener(payload as ReaEventMap[T]);
    return this.listen(listeners, own);
  }

  /** Whether nobody listens to anything. */
  get isQuiet(): boolean {
    return this.listeners === 0 && !diagnostics.hasSubscribers;
  }

  /** Whether somebody listens to events of a type: what is only done for them can be left undone. */
  observes(type: ReaEventType): boolean {
    if (this.isQuiet) return false;
    return (this.ofType.get(type)?.size ?? 0) > 0 || this.ofAll.size > 0 || diagnostics.hasSubscribers;
  }

  /** Publishes an event. The payload is built only when somebody listens. */
  publish<T extends ReaEventType>(type: T, payload: () => ReaEventMap[T]): void {
    if (!this.observes(type)) return;
    const built = payload();
    this.deliver(type, this.ofType.get(type), built);
    if (this.ofAll.size === 0 && !diagnostics.hasSubscribers) return;
    const event = { type, payload: built } as ReaEvent;
    this.deliver(type, this.ofAll, event);
    diagnostics.publish(event);
  }

  private listen<L>(listeners: Set<L>, listener: L): () => void {
    listeners.add(listener);
    this.listeners += 1;
    return () => {
      if (listeners.delete(listener)) this.listeners -= 1;
    };
  }

  private deliver<T>(type: ReaEventType, listeners: Iterable<(told: T) => void> = [], told: T): void {
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        this.logger.error(`A subscriber of the Rea event "${type}" threw; the invocation is not affected.`, error);
      }
    }
  }
}
