import type { ObjectContext } from '@restatedev/restate-sdk';
import type { DeadLetterEntry, DeadLetterRecord, DeadLetterSummary, RedriveOptions } from './dead-letter-entry.js';
import { firstSummary, newHistory, record, type StoredHistory, toEntry, toError } from './entry-state.js';
import { type EntryStep, NO_PROGRESS, stepsOf } from './entry-work.js';
import type { StepEnding } from './redriver.service.js';
import type { StoredReport } from './stored-report.js';

/** What is stored of an entry: the row of lists, the report as it came, the history, an edited payload. */
export interface Stored {
  readonly summary: DeadLetterSummary;
  readonly report: StoredReport;
  readonly history: StoredHistory;
  readonly edited: { readonly payload: unknown } | null;
}

/** What of a summary a verb changes. */
export type SummaryChanges = Partial<Pick<DeadLetterSummary, 'status' | 'attempts'>>;

/** What an operator's verb leaves in the history, without its time. */
export type OperatorRecord = Omit<DeadLetterRecord, 'at'> & {
  readonly action: Exclude<DeadLetterRecord['action'], 'added' | 'extended'>;
};

/** Stores what was done to an entry. */
export function store(
  ctx: ObjectContext,
  entry: Stored,
  changes: SummaryChanges,
  done: OperatorRecord,
  at: string,
): Stored {
  const { error } = done;
  const summary = { ...entry.summary, ...changes, ...(error ? { error: toError(error, 'short') } : {}), updatedAt: at };
  const history = record(entry.history, { at, ...done });
  ctx.set('history', history);
  ctx.set('summary', summary);
  return { ...entry, summary, history };
}

/** The entry with one more step that is done. */
export function settle(entry: Stored, { index }: EntryStep, tries: Readonly<Record<number, number>>): Stored {
  const { progress = NO_PROGRESS } = entry.history;
  const settled = [...progress.settled, index];
  return { ...entry, history: { ...entry.history, progress: { ...progress, settled, tries } } };
}

/** An entry that was purged before its saga had ended: it was closed, so its own step is settled. */
export function purged(id: string, report: StoredReport, at: string): Stored {
  const summary = firstSummary(id, report, at);
  const history = { ...newHistory(summary, report.error), progress: { ...NO_PROGRESS, settled: [0] } };
  return { summary, report: { ...report, undone: [] }, history, edited: null };
}

/** The entry as operators see it. */
export function viewOf({ summary, report, history, edited }: Stored): DeadLetterEntry {
  return toEntry(summary, report, history, edited);
}

/** How a redrive's step ended, and who asked for it. */
export interface EndedStep extends Partial<StepEnding>, Pick<RedriveOptions, 'by' | 'note'> {
  readonly step: EntryStep;
  readonly payloadEdited: boolean;
  /** Nothing is left after it. */
  readonly isLast: boolean;
}

/** What a step's end makes of an entry, which is closed with the last one. */
export function afterStep(
  entry: Stored,
  { step, attempt, error, by, note, payloadEdited, isLast }: EndedStep,
): { readonly worked: Stored; readonly changes: SummaryChanges; readonly done: OperatorRecord } {
  const { progress = NO_PROGRESS } = entry.history;
  const isAlone = stepsOf(entry.report).length === 1;
  const isOwn = step.index === 0;
  const tries = attempt === undefined || isOwn ? progress.tries : { ...progress.tries, [step.index]: attempt };
  const failed = { ...entry, history: { ...entry.history, progress: { ...progress, tries } } };
  return {
    // An entry with nothing but its own step says by its status how far it has come.
    worked: isAlone ? entry : error ? failed : settle(entry, step, tries),
    changes: {
      ...(attempt === undefined || !isOwn ? {} : { attempts: attempt }),
      ...(isLast && !error ? { status: 'redriven' } : {}),
    },
    done: {
      action: error ? 'redrive-failed' : 'redriven',
      by,
      ...(note === undefined ? {} : { note }),
      ...(isAlone ? {} : { step: step.step }),
      ...(attempt === undefined ? {} : { attempt }),
      ...(payloadEdited && attempt !== undefined ? { payloadEdited: true } : {}),
      ...(error ? { error } : {}),
    },
  };
}
