import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { IdentityKey } from '@rea/server';

/** A token's parts, to be changed by a forger. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Takes a token apart. */
export function partsOf(token: string): TokenParts {
  const [header, payload] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  return { header: JSON.parse(header ?? ''), payload: JSON.parse(payload ?? '') };
}

/** Makes a token with a server's key. */
export function signToken({ header, payload }: TokenParts, { privateKeyPem }: IdentityKey): string {
  return signWith(createPrivateKey(privateKeyPem), { header, payload });
}

/** The token without its signature. */
export function unsignedToken({ header, payload }: TokenParts): string {
  return `${encode(header)}.${encode(payload)}`;
}

function signWith(key: KeyObject, parts: TokenParts): string {
  const content = unsignedToken(parts);
  return `${content}.${sign(null, Buffer.from(content), key).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
