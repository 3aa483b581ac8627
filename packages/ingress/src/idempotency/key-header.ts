import { MAX_IDEMPOTENCY_KEY_LENGTH } from '@rea/core';

/** What an `Idempotency-Key` header holds. */
export interface KeyHeader {
  /** The key; of a malformed header, the header's text. */
  readonly key: string;
  /** Why the header is malformed; undefined when it is not. */
  readonly problem: string | undefined;
}

/** A string of RFC 9651 of visible characters, and parameters, which say nothing here. */
const QUOTED = /^"((?:[\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"(?: *; *[a-z*][\w.*-]*(?:=[\w.*+/:-]+)?)*$/;

/** The same without quotes, as most clients send it. Without what would tell several headers or parameters apart. */
const BARE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;

/**
 * Reads the header: a quoted text (`"8e03978e"`), or the same without quotes.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function readKeyHeader(header: string): KeyHeader {
  const text = header.trim();
  const quoted = QUOTED.exec(text)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
  const key = quoted ?? (BARE.test(text) ? text : undefined);
  if (key === undefined) return { key: text, problem: text === '' ? 'is empty' : 'is no quoted text of visible ASCII' };
  if (key === '') return { key, problem: 'is empty' };
  if (key.length > MAX_IDEMPOTENCY_KEY_LENGTH) {
    return { key, problem: `has more than ${MAX_IDEMPOTENCY_KEY_LENGTH} characters` };
  }
  return { key, problem: undefined };
}
