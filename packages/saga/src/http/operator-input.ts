import type { DeadLetterQuery } from '../dead-letters/dead-letter-entry.js';
import type { SagaListOptions } from '../supervisor/saga-operations.js';

/** A query string or a body, before anything of it has been checked. */
export type Fields = Readonly<Record<string, unknown>>;

/** A body that is left out, or is none, has no fields. */
export function fieldsOf(body: unknown): Fields {
  return typeof body === 'object' && body !== null ? (body as Fields) : {};
}

/** The query of a list, as text that the list itself checks, so that HTTP has the same messages. */
export function deadLetterQuery(query: Fields): DeadLetterQuery {
  const { status, saga, step, compensation, service, since, until, cursor, limit } = query;
  const texts = { status, saga, step, compensation, service, since, until, cursor };
  return { ...texts, ...limitOf(limit) } as DeadLetterQuery;
}

export function sagaListOptions({ limit, since }: Fields): SagaListOptions {
  return { ...limitOf(limit), ...(since === undefined ? {} : { since: since as string }) };
}

/** What is no number stays what it is, so that the message can name it. */
function limitOf(limit: unknown): { readonly limit?: number } {
  if (limit === undefined) return {};
  return { limit: typeof limit === 'string' && /^\d{1,9}$/.test(limit) ? Number(limit) : (limit as number) };
}
