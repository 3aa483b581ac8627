import { type Serde, TerminalError } from '@restatedev/restate-sdk';
import { type PayloadOptions, ValidationFailedError } from '@rea/core';
import { declarePayload, encodedPayload, validated } from '@rea/core/internal';
import type { IngressBounds } from './ingress-client.types.js';
import { toRefusal } from './ingress-errors.js';
import { IngressRefusedException } from './ingress.exceptions.js';
import { decode, encode } from './ingress-payload.js';
import { pathSegment } from './path-segment.js';
import type { IngressTransport } from './ingress-transport.js';

/** Options of completing an awakeable. */
export interface IngressResolveOptions<T = never> extends IngressBounds {
  /** Format of the value, when it is not JSON. */
  readonly input?: Serde<never>;
  /** Validates the value before it is sent: the schema of the awakeable that waits for it. */
  readonly schema?: PayloadOptions<T>['schema'];
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

  /**
   * Completes it with a value.
   *
   * @throws IngressRefusedException when the id is that of no awakeable; (400, `REA2010`) when the value does not fit the
   *   schema: nothing was sent, and the wait goes on
   */
  async resolve(value?: T, options: IngressResolveOptions<T> = {}): Promise<void> {
    await this.complete('resolve', this.payload(value, options), options);
  }

  /**
   * Completes it with a failure: the handler gets a `TerminalError` with this message.
   *
   * @throws IngressRefusedException when the id is that of no awakeable
   */
  async reject(reason: string, options: IngressBounds = {}): Promise<void> {
    await this.complete('reject', { body: reason, headers: { 'content-type': 'text/plain' } }, options);
  }

  private payload(value: T | undefined, { schema, input }: IngressResolveOptions<T>): ReturnType<typeof encode> {
    const what = 'awakeable resolve';
    this.transport.admit(what);
    const subject = `The payload of awakeable ${this.id}`;
    if (schema) declarePayload(subject, { schema });
    try {
      const encoded = encodedPayload(value, schema, subject);
      const payload = encode(what, encoded, input);
      this.transport.checkLoss(what, encoded, input);
      if (schema) validated(decode(what, payload.body, input), subject, schema);
      return payload;
    } catch (error) {
      throw invalid(error);
    }
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
      isAdmitted: verb === 'resolve',
      repeatable: true,
    });
  }
}

/** What a schema refuses, as an HTTP exception that says which field is wrong. */
function invalid(error: unknown): unknown {
  if (!(error instanceof ValidationFailedError)) return error instanceof TerminalError ? toRefusal(error) : error;
  const { message, details } = error;
  const body = { statusCode: 400, code: 'REA2010', message, details };
  return new IngressRefusedException(body, { source: 'application' });
}
