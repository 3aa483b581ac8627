import { isDeepStrictEqual } from 'node:util';
import { type Context, type Serde, serde as sdkSerde, TerminalError } from '@restatedev/restate-sdk';
import { type Attempt, attemptOf } from '../invocation/attempt.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { isPlainJson, lossIn } from './lossy-value.js';
import type { StateLimits } from '../workflow/retention.js';
import { messageOf } from '../failures/thrown.js';

/** Passes on bytes that are serialised already, and reads them back with the real format. */
export interface PassedOn<T> {
  readonly serde: Serde<T>;
  /** The value in bytes, as a stand-in for the value. */
  readonly value: T;
}

/**
 * Serialises a value for the journal once, and checks it before the SDK sees it: there, a value that cannot be
 * serialised or is too large is retried without end, and the handler never learns of it.
 *
 * @param what for messages: `The result of run "charge"`
 * @param limits sizes from which it is reported and refused, when not the module's
 * @throws TerminalError (500, `REA7020`) when the format cannot write it; PolicyViolationError when it is too large
 */
export function forJournal<T>(
  ctx: Context,
  value: T,
  serde: Serde<T> | undefined,
  what: string,
  limits?: StateLimits,
): PassedOn<T> {
  const format = serde ?? defaultSerde<T>(ctx);
  return { value: journalBytes(attemptOf(ctx), value, format, what, limits) as T, serde: passOn(format) };
}

/** As {@link forJournal}, where the serde has been handed over already: gives the bytes alone. */
export function journalBytes<T>(
  attempt: Attempt | undefined,
  value: T,
  format: Serde<T>,
  what: string,
  limits?: StateLimits,
): Uint8Array {
  const bytes = serialise(format, value, what);
  checkSize(attempt, bytes.byteLength, what, limits);
  if (attempt?.handler.policy.watchesValues && isPlainJson(format)) checkLoss(attempt, value, what);
  return bytes;
}

const passings = new WeakMap<object, Serde<unknown>>();

/** A serde that writes what {@link forJournal} gives, and reads as the real one. */
export function passOn<T>(format: Serde<T>): Serde<T> {
  let passing = passings.get(format) as Serde<T> | undefined;
  if (!passing) {
    passing = {
      ...(format.contentType === undefined ? {} : { contentType: format.contentType }),
      serialize: (bytes) => bytes as Uint8Array,
      deserialize: (data) => format.deserialize(data),
    };
    passings.set(format, passing);
  }
  return passing;
}

/** The format for values without one of their own: the component's, which is JSON unless configured. */
export function defaultSerde<T>(ctx: Context): Serde<T> {
  const configured: unknown = Reflect.get(attemptOf(ctx)?.ctx ?? ctx, 'defaultSerde');
  return (configured ?? sdkSerde.json) as Serde<T>;
}

/** Lets the guardrails on size fire. @throws PolicyViolationError when the policy refuses */
export function checkSize(attempt: Attempt | undefined, bytes: number, what: string, limits?: StateLimits): void {
  if (!attempt) return;
  const { warnBytes, maxBytes } = limits ?? attempt.handler.limits;
  if (bytes > maxBytes) attempt.report('oversize-value', `${what} has ${bytes} bytes (limit ${maxBytes})`, what);
  else if (bytes > warnBytes) attempt.report('large-value', `${what} has ${bytes} bytes (limit ${warnBytes})`, what);
}

/**
 * Lets the guardrail on what JSON loses fire.
 *
 * @param read the value as it is read back, where a schema may restore what JSON has lost
 * @throws PolicyViolationError when the policy refuses
 */
export function checkLoss(
  attempt: Attempt | undefined,
  value: unknown,
  what: string,
  read?: { readonly value: unknown },
): void {
  if (!attempt?.handler.policy.watchesValues) return;
  const loss = lossIn(value);
  if (loss === undefined || (read && isDeepStrictEqual(read.value, value))) return;
  attempt.report('lossy-value', `${what} has ${loss}`, what);
}

/** Writes a value in a format. @throws TerminalError (500, `REA7020`) when the format cannot */
export function serialise<T>(format: Serde<T>, value: T, what: string): Uint8Array {
  try {
    return format.serialize(value);
  } catch (error) {
    const reason = messageOf(error);
    throw new TerminalError(
      `REA7020: ${what} cannot be written to the journal: ${reason}. Return plain JSON data, or give a serde.`,
      { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7020' } },
    );
  }
}
