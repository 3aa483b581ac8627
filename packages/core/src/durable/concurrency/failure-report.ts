import type { TerminalError } from '@restatedev/restate-sdk';
import { misuse } from './durable-futures.js';

const FAILURES = 'rea.failures';

/** One of several failures, as a terminal error's metadata carries it. */
export interface FailureReport {
  /** Where the future was in the list. */
  readonly index: number;
  readonly message: string;
  /** The status, for example 422. */
  readonly code: number;
  readonly metadata?: Record<string, string>;
}

/** A future that failed, and where it was in the list. */
export interface IndexedFailure {
  readonly index: number;
  readonly error: TerminalError;
}

/** The failures that an error of `any` or `fanOutOrThrow` stands for, also after it came through a call; else empty. */
export function failuresOf(error: TerminalError): readonly FailureReport[] {
  const json = error.metadata?.[FAILURES];
  return json === undefined ? [] : (JSON.parse(json) as FailureReport[]);
}

/** One terminal error for several failures: their first messages in its message, all of them in its metadata. */
export function failureReport(code: string, summary: string, failures: readonly IndexedFailure[]): TerminalError {
  const reports = failures.map(({ index, error: { message, code: status, metadata } }): FailureReport => {
    const hasMetadata = metadata && Object.keys(metadata).length > 0;
    return { index, message, code: status, ...(hasMetadata ? { metadata } : {}) };
  });
  const shown = reports.slice(0, 3).map(({ index, message }) => `[${index}] ${message}`);
  const more = reports.length > shown.length ? `; and ${reports.length - shown.length} more` : '';
  return misuse(code, `${summary}: ${shown.join('; ')}${more}`, { [FAILURES]: JSON.stringify(reports) });
}

/** The failures among the outcomes of durable futures, which fail in no other way than terminally. */
export function failuresAmong(outcomes: readonly PromiseSettledResult<unknown>[]): IndexedFailure[] {
  return outcomes.flatMap((outcome, index) =>
    outcome.status === 'rejected' ? [{ index, error: outcome.reason as TerminalError }] : [],
  );
}
