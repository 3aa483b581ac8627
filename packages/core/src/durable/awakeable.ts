import type { Context, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { defaultSerde } from './journal-value.js';
import type { Journaled } from './journaled.js';
import { type FormattedPayload, payloadForJournal, type PlainPayload } from './payload-format.js';
import { declarePayload, type PayloadOptions, rejectionOf, settle, validated } from './rejection.js';

/** Something that a handler waits for and the outside world completes by its id. */
export interface Awakeable<T> {
  /** Hand this out, for example to a payment provider: whoever knows it can complete the awakeable. */
  readonly id: string;
  /** The durable future: a rejection is thrown as a `TerminalError` with the rejecter's message. */
  readonly promise: RestatePromise<T>;
}

/**
 * Creates an awakeable. It survives suspension and restarts; completing it twice keeps the first completion. Without a
 * schema or a serde, awaiting gives the value as JSON gives it back.
 *
 * @throws ValidationFailedError (terminal, 400) where it is awaited, when the payload does not fit the schema
 * @see https://docs.restate.dev/develop/ts/external-events
 */
export function awakeable<T>(ctx: Context, options: PayloadOptions<T> & FormattedPayload<T>): Awakeable<T>;
export function awakeable<T>(ctx: Context, options?: PlainPayload): Awakeable<Journaled<T>>;
export function awakeable<T>(ctx: Context, options: PayloadOptions<T> = {}): Awakeable<unknown> {
  declarePayload('an awakeable', options);
  const { id, promise } = ctx.awakeable<T>(options.serde);
  return { id, promise: settle(promise, `The payload of awakeable ${id}`, options) };
}

/**
 * Completes an awakeable of another invocation with a value. Without one, the waiting side gets null.
 *
 * @throws ValidationFailedError (terminal, 400) when the value does not fit the schema; the wait goes on
 * @throws TerminalError (500, `REA7020`) when its format cannot write the value
 */
export function resolveAwakeable<T>(ctx: Context, id: string, value?: T, options: PayloadOptions<T> = {}): void {
  const subject = `The payload of awakeable ${id}`;
  declarePayload(subject, options);
  if (value === undefined) {
    validated(null, subject, options.schema);
    return ctx.resolveAwakeable(id);
  }
  const format = options.serde ?? defaultSerde(ctx);
  const written = payloadForJournal(ctx, value, format, options, subject);
  ctx.resolveAwakeable(id, written.value, written.serde);
}

/** Completes an awakeable of another invocation with a failure. */
export function rejectAwakeable(ctx: Context, id: string, reason: string | TerminalError): void {
  ctx.rejectAwakeable(id, rejectionOf(reason));
}
