import { badRequest } from './supervisor-failures.js';
import type { OnKilled } from './supervisor.options.js';

/** Which invocation, and who asks. */
export interface SagaVerbRequest {
  readonly invocationId: string;
  readonly by: string;
  readonly reason?: string;
}

/** What a supervisor has found. */
export interface FoundRequest {
  readonly killed: readonly string[];
  readonly paused: readonly string[];
  readonly onKilled: OnKilled;
}

/** Which killed or paused sagas to list. */
export interface ListRequest {
  readonly limit: number;
  /** Of killed ones: not those that ended before. ISO 8601. */
  readonly since: string;
}

/** Longest texts of an operator, in characters. */
const LONGEST = { by: 256, reason: 2_000 } as const;

const MOST_LISTED = 500;

/** @throws TerminalError (400, `REA8049`), as all of these */
export function checkVerb(request: unknown): SagaVerbRequest {
  const { invocationId, reason } = fields(request);
  if (typeof invocationId !== 'string' || !/^inv_[A-Za-z0-9]+$/.test(invocationId)) {
    throw badRequest(
      `The invocation id is ${JSON.stringify(invocationId)}; it is one that killed() or paused() lists.`,
    );
  }
  return {
    invocationId,
    by: text(request, 'by'),
    ...(reason === undefined ? {} : { reason: text(request, 'reason') }),
  };
}

export function checkList(request: unknown): ListRequest {
  const { limit, since } = fields(request);
  if (!Number.isInteger(limit) || (limit as number) < 1 || (limit as number) > MOST_LISTED) {
    throw badRequest(`The limit ${JSON.stringify(limit)} is not a whole number from 1 to ${MOST_LISTED}.`);
  }
  const time = typeof since === 'string' ? new Date(since) : new Date(Number.NaN);
  if (Number.isNaN(time.getTime())) throw badRequest(`"since" is ${JSON.stringify(since)}; it is a time.`);
  return { limit: limit as number, since: time.toISOString() };
}

function text(request: unknown, name: keyof typeof LONGEST): string {
  const value = fields(request)[name];
  if (typeof value !== 'string' || value.trim() === '' || value.length > LONGEST[name]) {
    const what = name === 'by' ? 'who does it' : 'why';
    throw badRequest(`"${name}" tells ${what}: a text of 1 to ${LONGEST[name]} characters.`);
  }
  return value;
}

function fields(request: unknown): Readonly<Record<string, unknown>> {
  return typeof request === 'object' && request !== null ? (request as Record<string, unknown>) : {};
}
