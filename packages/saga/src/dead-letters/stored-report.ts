import type { DeadLetterReport } from './dead-letter.types.js';
import { messageOf } from '@rea/core/internal';

/** A report as it is stored: what does not fit is left out, and said so. */
export interface StoredReport extends DeadLetterReport {
  /** Why payloads are missing; absent when none is. */
  readonly withheld?: string;
  /** Whether its own payload is one of them. */
  readonly payloadWithheld?: true;
}

/** What an error's message may have at most, in characters. */
const LONGEST_MESSAGE = 4_000;

/**
 * Makes a report fit into one entry. It never refuses: a dead letter without its payload is better than none. The
 * payloads of the undone steps go first, then its own.
 *
 * @param maxBytes of the report as JSON
 */
export function storable(report: DeadLetterReport, maxBytes: number): StoredReport {
  const short = {
    ...report,
    error: { ...report.error, message: cut(report.error.message, LONGEST_MESSAGE) },
    cause: { ...report.cause, message: cut(report.cause.message, LONGEST_MESSAGE) },
  };
  const problem = problemOf(short, maxBytes);
  if (problem === undefined) return short;
  const withoutOthers = {
    ...short,
    undone: report.undone.map((step) => ({ ...step, payload: null })),
    withheld: `the payloads of the undone steps are not kept, since the report ${problem}`,
  };
  if (problemOf(withoutOthers, maxBytes) === undefined) return withoutOthers;
  return {
    ...withoutOthers,
    payload: null,
    payloadWithheld: true,
    withheld: `its payload is not kept, since the report ${problem}`,
  };
}

/** Shortens a text to at most so many characters. */
export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
}

function problemOf(report: DeadLetterReport, maxBytes: number): string | undefined {
  try {
    const bytes = Buffer.byteLength(JSON.stringify(report));
    return bytes > maxBytes ? `would have ${bytes} bytes (limit ${maxBytes})` : undefined;
  } catch (error) {
    return `is no JSON (${messageOf(error)})`;
  }
}
