import type { Serde } from '@restatedev/restate-sdk';
import type { IngressBounds } from './ingress-client.types.js';
import { encode } from './ingress-payload.js';
import { pathSegment } from './path-segment.js';
import type { IngressTransport } from './ingress-transport.js';

/** Options of completing an awakeable. */
export interface IngressResolveOptions extends IngressBounds {
  /** Format of the value, when it is not JSON. */
  readonly input?: Serde<never>;
}

/**
 * Something that a handler waits for. The first completion counts; those after it change nothing, and none of them tells
 * whether it was the first.
 */
export class IngressAwakeable<T> {
  constructor(
    /** As the handler has handed it out. */
    readonly id: string,
    private readonly transport: IngressTransport,
  ) {}

  /** Completes it with a value. @throws IngressRefusedException when the id is that of no awakeable */
  async resolve(value?: T, options: IngressResolveOptions = {}): Promise<void> {
    const what = 'awakeable resolve';
    const payload = encode(what, value, options.input);
    this.transport.checkLoss(what, value, options.input);
    await this.complete('resolve', payload, options);
  }

  /**
   * Completes it with a failure: the handler gets a `TerminalError` with this message.
   *
   * @throws IngressRefusedException when the id is that of no awakeable
   */
  async reject(reason: string, options: IngressBounds = {}): Promise<void> {
    await this.complete('reject', { body: reason, headers: { 'content-type': 'text/plain' } }, options);
  }

  private async complete(
    verb: 'resolve' | 'reject',
    payload: { readonly body: Uint8Array | string; readonly headers: Readonly<Record<string, string>> },
    bounds: IngressBounds,
  ): Promise<void> {
    await this.transport.request({
      what: `awakeable ${verb}`,
      method: 'POST',
      path: `/restate/a/${pathSegment(this.id, 'an awakeable')}/${verb}`,
      ...payload,
      bounds,
      repeatable: true,
    });
  }
}
