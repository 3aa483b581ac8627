import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { WebhookRejectionReason } from '@rea/core';
import type { UnverifiedDelivery, WebhookKey } from './webhook-scheme.js';

/** A provider sends one signature a key, and rotates two keys; each costs a computation that the sender decides on. */
const MOST_SIGNATURES = 8;

/**
 * Checks a delivery: one of its signatures is by one of the keys, and it is not too old. The comparison takes as long
 * whatever it finds.
 *
 * @param tolerance how far the delivery's time may be from now, in milliseconds
 * @param now in milliseconds since 1970
 * @returns what is wrong with it, undefined when nothing is
 */
export function problemOf(
  delivery: UnverifiedDelivery | undefined,
  keys: readonly WebhookKey[],
  tolerance: number,
  now: number,
): WebhookRejectionReason | undefined {
  if (!delivery) return 'unsigned';
  const { signatures, content, timestamp } = delivery;
  if (signatures.length > MOST_SIGNATURES) return 'bad-signature';
  let isSigned = false;
  for (const key of keys) {
    for (const value of valuesFor(key, signatures)) isSigned = matches(key, content, value) || isSigned;
  }
  if (!isSigned) return 'bad-signature';
  // Only now: to whom has not signed, it is not told how clocks differ.
  return timestamp !== undefined && Math.abs(now - timestamp * 1_000) > tolerance ? 'stale' : undefined;
}

function valuesFor({ algorithm }: WebhookKey, signatures: UnverifiedDelivery['signatures']): Uint8Array[] {
  return signatures.filter((signature) => signature.algorithm === algorithm).map(({ value }) => value);
}

function matches(key: WebhookKey, content: Uint8Array, value: Uint8Array): boolean {
  if (key.algorithm === 'ed25519') return verify(null, content, key.publicKey, value);
  const expected = createHmac('sha256', key.secret).update(content).digest();
  return value.length === expected.length && timingSafeEqual(value, expected);
}
