import {
  DEAD_LETTER_STATUSES,
  type DeadLetterFilter,
  type DeadLetterQuery,
  type DeadLetterSummary,
} from './dead-letter-entry.js';
import { badRequest } from './dead-letter-failures.js';

/** A {@link DeadLetterFilter}, checked: times are ISO 8601 in UTC, which sorts as text. */
export interface Conditions {
  readonly equal: Readonly<Partial<Record<(typeof EQUAL)[number], string>>>;
  readonly since?: string;
  readonly until?: string;
  /** Closed, and not worked on since this time. */
  readonly closedBefore?: string;
}

/** A {@link DeadLetterQuery}, checked. */
export interface PageRequest {
  readonly conditions: Conditions;
  readonly limit: number;
  /** The page begins after this position. */
  readonly after?: Position;
}

/** Where an entry stands in the order of lists, the newest first. */
export type Position = Pick<DeadLetterSummary, 'createdAt' | 'id'>;

export const EQUAL = ['status', 'saga', 'step', 'compensation', 'service'] as const;

const DEFAULT_LIMIT = 50;
const HIGHEST_LIMIT = 500;

/** @throws TerminalError (400, `REA8027`) */
export function toConditions(filter: DeadLetterFilter): Conditions {
  const equal: Partial<Record<(typeof EQUAL)[number], string>> = {};
  for (const name of EQUAL) {
    const value: unknown = filter[name];
    if (value === undefined) continue;
    if (typeof value !== 'string') throw badRequest(`The filter ${name} is ${JSON.stringify(value)}; it is a text.`);
    equal[name] = value;
  }
  const { status } = filter;
  if (status !== undefined && !DEAD_LETTER_STATUSES.includes(status)) {
    throw badRequest(`The status ${JSON.stringify(status)} is none. Use ${DEAD_LETTER_STATUSES.join(', ')}.`);
  }
  return { equal, ...time('since', filter.since), ...time('until', filter.until) };
}

/** @throws TerminalError (400, `REA8027`) */
export function toPageRequest({ limit = DEFAULT_LIMIT, cursor, ...filter }: DeadLetterQuery): PageRequest {
  if (!Number.isInteger(limit) || limit < 1 || limit > HIGHEST_LIMIT) {
    throw badRequest(`The limit ${JSON.stringify(limit)} is not a whole number from 1 to ${HIGHEST_LIMIT}.`);
  }
  return { conditions: toConditions(filter), limit, ...(cursor === undefined ? {} : { after: parseCursor(cursor) }) };
}

/** Whether an entry meets all conditions. */
export function matches(entry: DeadLetterSummary, { equal, since, until, closedBefore }: Conditions): boolean {
  return (
    EQUAL.every((name) => equal[name] === undefined || equal[name] === entry[name]) &&
    (since === undefined || entry.createdAt >= since) &&
    (until === undefined || entry.createdAt < until) &&
    (closedBefore === undefined || (entry.status !== 'open' && entry.updatedAt < closedBefore))
  );
}

/** A position as callers see it. */
export function toCursor({ createdAt, id }: Position): string {
  return Buffer.from(JSON.stringify([createdAt, id])).toString('base64url');
}

/** A time as it is stored. @throws TerminalError (400, `REA8027`) */
export function toTime(name: string, value: unknown): string {
  const date = value instanceof Date || typeof value === 'string' ? new Date(value) : undefined;
  const year = date?.getUTCFullYear();
  if (date === undefined || year === undefined || !(year >= 0 && year <= 9999)) {
    throw badRequest(`${name} is ${String(value)}; it is a Date or an ISO 8601 time, such as 2030-01-31T12:00:00Z.`);
  }
  return date.toISOString();
}

function time<N extends 'since' | 'until'>(name: N, value: unknown): { readonly [K in N]?: string } {
  return value === undefined ? {} : ({ [name]: toTime(name, value) } as { readonly [K in N]?: string });
}

/** The position behind a cursor. @throws TerminalError (400, `REA8027`) */
export function parseCursor(cursor: unknown): Position {
  try {
    const position: unknown = JSON.parse(Buffer.from(String(cursor), 'base64url').toString());
    if (Array.isArray(position) && position.length === 2 && position.every((part) => typeof part === 'string')) {
      const [createdAt, id] = position as [string, string];
      return { createdAt, id };
    }
  } catch {
    // Told below, as any other text that is no cursor.
  }
  throw badRequest('The cursor is none that list() gave. Leave it out for the first page.');
}
