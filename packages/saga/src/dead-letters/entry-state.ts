import type { DeadLetterInfo } from '@rea/core';
import type { DeadLetterEntry, DeadLetterError, DeadLetterRecord, DeadLetterSummary } from './dead-letter-entry.js';
import { type EntryProgress, NO_PROGRESS, remaining, stepsOf } from './entry-work.js';
import { cut, type StoredReport } from './stored-report.js';

/** The history as it is stored: bounded, so that an entry that is redriven every minute does not grow without end. */
export interface StoredHistory {
  readonly records: readonly DeadLetterRecord[];
  readonly forgotten: number;
  /** Absent in entries that nobody has worked on. */
  readonly progress?: EntryProgress;
}

/** Most records of an entry: the first and the newest ones. */
const MOST_RECORDS = 50;

/** What messages of errors may have at most, in characters: in lists and events, and in the history. */
const LENGTHS = { short: 500, long: 2_000 } as const;

/** A compensation killed by its retry policy answers with the stack trace of its last error. */
const STACK = /\n\s+at /;

/** The row of a new entry. */
export function firstSummary(id: string, report: StoredReport, at: string): DeadLetterSummary {
  const { saga, step, kind, compensation, service, handler, key, invocationId, attempts } = report;
  const error = toError(report.error, 'short');
  const names = { saga, step, kind, compensation, service, handler, key, invocationId };
  return { id, status: 'open', ...names, error, attempts, createdAt: at, updatedAt: at };
}

/** The history of a new entry. */
export function newHistory(
  { service, handler, createdAt: at }: DeadLetterSummary,
  error: DeadLetterError,
): StoredHistory {
  const by = `${service}/${handler}`;
  return { records: [{ at, by, action: 'added', error: toError(error) }], forgotten: 0 };
}

/** Adds a record; drops the oldest but the first when there are too many. */
export function record({ records, forgotten, ...kept }: StoredHistory, done: DeadLetterRecord): StoredHistory {
  if (records.length < MOST_RECORDS) return { records: [...records, done], forgotten, ...kept };
  const [first, , ...rest] = records;
  return { records: [first!, ...rest, done], forgotten: forgotten + 1, ...kept };
}

/** What failed, bounded and without a stack trace. */
export function toError(error: DeadLetterError, length: keyof typeof LENGTHS = 'long'): DeadLetterError {
  return { message: cut(error.message.split(STACK, 1)[0]!, LENGTHS[length]), code: error.code };
}

/** An entry as operators see it. */
export function toEntry(
  summary: DeadLetterSummary,
  report: StoredReport,
  { records, forgotten, progress = NO_PROGRESS }: StoredHistory,
  edited: { readonly payload: unknown } | null,
): DeadLetterEntry {
  const { payloadWithheld: _withheld, stepsMarked: _marked, undone: _undone, ...reported } = report;
  const { settled, after } = progress;
  const names = stepsOf(report).flatMap(({ index, step }) => (settled.includes(index) ? [step] : []));
  return {
    ...reported,
    ...summary,
    notUndone: remaining(report, progress)
      .filter(({ index }) => index > 0)
      .map(({ step, compensation, payload }) => ({ step, compensation, payload })),
    ...(names.length > 0 ? { settled: names } : {}),
    ...(after.length > 0 ? { waitsFor: after } : {}),
    history: records,
    forgottenRecords: forgotten,
    ...(edited ? { editedPayload: edited.payload } : {}),
  };
}

/** What events say about an entry. */
export function eventInfo({ id, saga, step, kind, compensation, service }: DeadLetterSummary): DeadLetterInfo {
  return { id, saga, step, kind, compensation, service };
}
