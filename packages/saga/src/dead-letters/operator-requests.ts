import type { RedriveOptions, ResolveOptions } from './dead-letter-entry.js';
import { badRequest } from './dead-letter-failures.js';
import { toTime } from './dead-letter-query.js';

/** Which entry. The id travels in the body, so it may be any text. */
export interface EntryRequest {
  readonly id: string;
}

export interface RedriveRequest extends EntryRequest, RedriveOptions {}

export interface CloseRequest extends EntryRequest, ResolveOptions {}

export interface PurgeRequest {
  readonly by: string;
  /** ISO 8601. */
  readonly olderThan: string;
  readonly limit: number;
}

/** Longest text of an operator, in characters. */
const LONGEST = { by: 256, note: 2_000 } as const;

const HIGHEST_PURGE = 1_000;

/** @throws TerminalError (400, `REA8027`), as all of these */
export function checkEntry(request: unknown): EntryRequest {
  const { id } = fields(request);
  if (typeof id !== 'string' || id === '') throw badRequest(`The id is ${JSON.stringify(id)}; it is that of an entry.`);
  return { id };
}

export function checkRedrive(request: unknown): RedriveRequest {
  const { note, payload, payloads } = fields(request);
  if (payloads !== undefined && !isRecord(payloads)) {
    throw badRequest('"payloads" is an object: payloads by the names of steps.');
  }
  return {
    ...checkEntry(request),
    by: text(request, 'by'),
    ...(note === undefined ? {} : { note: text(request, 'note') }),
    ...(payload === undefined ? {} : { payload }),
    ...(payloads === undefined ? {} : { payloads }),
  };
}

export function checkClose(request: unknown): CloseRequest {
  const { step } = fields(request);
  if (step !== undefined && typeof step !== 'string') {
    throw badRequest(`The step is ${JSON.stringify(step)}; it is the name of one.`);
  }
  return {
    ...checkEntry(request),
    by: text(request, 'by'),
    note: text(request, 'note'),
    ...(step === undefined ? {} : { step }),
  };
}

export function checkPurge(request: unknown): PurgeRequest {
  const { olderThan, limit } = fields(request);
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > HIGHEST_PURGE) {
    throw badRequest(`The limit ${JSON.stringify(limit)} is not a whole number from 1 to ${HIGHEST_PURGE}.`);
  }
  return { by: text(request, 'by'), olderThan: toTime('olderThan', olderThan), limit: limit as number };
}

function text(request: unknown, name: keyof typeof LONGEST): string {
  const value = fields(request)[name];
  if (typeof value !== 'string' || value.trim() === '' || value.length > LONGEST[name]) {
    const what = name === 'by' ? 'who does it' : 'why';
    throw badRequest(`"${name}" tells ${what}, for the history: a text of 1 to ${LONGEST[name]} characters.`);
  }
  return value;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fields(request: unknown): Readonly<Record<string, unknown>> {
  return typeof request === 'object' && request !== null ? (request as Record<string, unknown>) : {};
}
