import { createHash, timingSafeEqual } from 'node:crypto';

/** What can be compared and passed on in place of a secret: its SHA-256, in hex. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** Compares in constant time. */
export function sameDigest(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
