import type { DeadLetterReport, NotUndoneStep } from './dead-letter.types.js';
import { messageOf } from '@rea/core/internal';

/**
 * A report as it travels and is stored: what does not fit is left out, and said so. Journals and stored entries have it,
 * so its form does not change: `undone` holds what operators see as {@link DeadLetterReport.notUndone}.
 */
export interface StoredReport extends Omit<DeadLetterReport, 'notUndone'> {
  readonly undone: readonly StoredStep[];
  /** Why payloads are missing; absent when none is. */
  readonly withheld?: string;
  /** Whether its own payload is one of them. */
  readonly payloadWithheld?: true;
  /** Each step says by itself whether its payload is missing. Otherwise `withheld` speaks for all of them. */
  readonly stepsMarked?: true;
}

/** A step that was not undone, as it is stored. */
export interface StoredStep extends NotUndoneStep {
  /** Its payload was left out. */
  readonly payloadWithheld?: true;
}

/** What an error's message may have at most, in characters. */
const LONGEST_MESSAGE = 4_000;

/**
 * Makes a report fit into one entry. It never refuses: a dead letter without its payload is better than none. The
 * payloads of the steps that were not undone go first, then its own.
 *
 * @param maxBytes of the report as JSON
 */
export function storable(report: DeadLetterReport, maxBytes: number): StoredReport {
  const short = {
    ...travelling(report),
    error: { ...report.error, message: cut(report.error.message, LONGEST_MESSAGE) },
    cause: { ...report.cause, message: cut(report.cause.message, LONGEST_MESSAGE) },
  };
  const problem = problemOf(short, maxBytes);
  if (problem === undefined) return short;
  const withoutOthers = {
    ...short,
    undone: short.undone.map((step) => ({ ...step, payload: null })),
    withheld: `the payloads of the steps that were not undone are not kept, since the report ${problem}`,
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

/** Under the name that journals have, and at its place: a replay compares the text. */
function travelling(report: DeadLetterReport): StoredReport {
  const fields = Object.entries(report).map(([name, value]) => [name === 'notUndone' ? 'undone' : name, value]);
  return Object.fromEntries(fields) as StoredReport;
}

function problemOf(report: StoredReport, maxBytes: number): string | undefined {
  try {
    const bytes = Buffer.byteLength(JSON.stringify(report));
    return bytes > maxBytes ? `would have ${bytes} bytes (limit ${maxBytes})` : undefined;
  } catch (error) {
    return `is no JSON (${messageOf(error)})`;
  }
}
