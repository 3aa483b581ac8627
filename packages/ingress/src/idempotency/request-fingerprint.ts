import { createHash } from 'node:crypto';

/** What a request is told apart by, on Express and Fastify alike. */
export interface FingerprintedRequest {
  readonly method: string;
  readonly originalUrl: string;
  readonly body?: unknown;
}

/** 32 hexadecimal digits of the method, the path with its query, and the body; the order of a body's fields is no matter. */
export function fingerprintOf({ method, originalUrl, body }: FingerprintedRequest): string {
  const hash = createHash('sha256').update(`${method} ${originalUrl}\n`);
  if (typeof body === 'string' || body instanceof Uint8Array) hash.update(body);
  else if (body !== undefined) hash.update(JSON.stringify(body, sortedFields) ?? '');
  return hash.digest('hex').slice(0, 32);
}

function sortedFields(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
