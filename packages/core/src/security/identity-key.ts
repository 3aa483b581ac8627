import { createPublicKey, type KeyObject } from 'node:crypto';

const PREFIX = 'publickeyv1_';
const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const ED25519_BYTES = 32;

/** Reads a public key as Restate writes it: `publickeyv1_` and base58 (Bitcoin's alphabet); undefined when it is none. */
export function parseIdentityKey(text: unknown): KeyObject | undefined {
  if (typeof text !== 'string' || !text.startsWith(PREFIX)) return undefined;
  const bytes = fromBase58(text.slice(PREFIX.length));
  if (bytes?.length !== ED25519_BYTES) return undefined;
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

function fromBase58(text: string): Buffer | undefined {
  let value = 0n;
  for (const digit of text) {
    const index = ALPHABET.indexOf(digit);
    if (index < 0) return undefined;
    value = value * 58n + BigInt(index);
  }
  const zeros = /^1*/.exec(text)![0].length;
  const hex = value === 0n ? '' : value.toString(16);
  return Buffer.concat([Buffer.alloc(zeros), Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')]);
}
