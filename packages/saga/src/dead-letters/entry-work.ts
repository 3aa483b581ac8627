import { MAX_IDEMPOTENCY_KEY_LENGTH } from '@rea/core';
import { ownKey } from '@rea/core/internal';
import type { NotUndoneStep } from './dead-letter.types.js';
import type { StoredReport } from './stored-report.js';

/** How far an entry's work has come. Absent in entries that nobody has worked on. */
export interface EntryProgress {
  /** Indexes, of {@link stepsOf}, of the steps that are undone, or were settled by hand. */
  readonly settled: readonly number[];
  /** Tries that redrives have made of the steps behind the entry's own, by index. */
  readonly tries: Readonly<Record<number, number>>;
  /** Ids of dead letters that have to be closed before the steps behind the entry's own are undone. */
  readonly after: readonly string[];
}

/** A step that an entry keeps: its own, or one that was not undone because the rollback stopped there. */
export interface EntryStep extends NotUndoneStep {
  /** 0 is the entry's own step. */
  readonly index: number;
  readonly idempotencyKey: string;
  /** Why its payload is not kept; undefined when it is. */
  readonly withheld: string | undefined;
}

export const NO_PROGRESS: EntryProgress = { settled: [], tries: {}, after: [] };

/** All steps of an entry, in the order in which they are undone. */
export function stepsOf(report: StoredReport): EntryStep[] {
  const { step, compensation, payload, undone, idempotencyKey: key, payloadWithheld, withheld } = withMarks(report);
  const why = withheld ?? 'its payload was too large';
  const own = { step, compensation, payload, index: 0, idempotencyKey: key };
  return [
    { ...own, withheld: payloadWithheld ? why : undefined },
    ...undone.map(({ payloadWithheld: isWithheld, ...other }, index) => ({
      ...other,
      index: index + 1,
      idempotencyKey: keyBeside(report, other.step),
      withheld: isWithheld ? why : undefined,
    })),
  ];
}

/** What is left to do, in order. */
export function remaining(report: StoredReport, { settled }: EntryProgress): EntryStep[] {
  return stepsOf(report).filter(({ index }) => !settled.includes(index));
}

/** A report of which each step says by itself whether its payload is missing. */
function withMarks(report: StoredReport): StoredReport {
  const { withheld, undone, stepsMarked } = report;
  if (withheld === undefined || stepsMarked) return report;
  return { ...report, undone: undone.map((step) => ({ ...step, payloadWithheld: true as const })) };
}

/** A report with the further steps of another one of the same id; those that it has already change nothing. */
export function extended(report: StoredReport, further: StoredReport): StoredReport {
  const before = withMarks(report);
  const names = new Set(before.undone.map(({ step }) => step));
  const added = withMarks(further).undone.filter(({ step }) => !names.has(step));
  const withheld = before.withheld ?? further.withheld;
  return {
    ...before,
    undone: [...before.undone, ...added],
    ...(withheld === undefined ? {} : { withheld }),
    stepsMarked: true,
  };
}

/** The idempotency key that the rollback would have used for another step of the saga. */
function keyBeside({ id, step, idempotencyKey: own }: StoredReport, other: string): string {
  // A key that was too long to be kept as it is, and is a hash, does not show what it was made of.
  if (!own.endsWith(endingOf(step))) return ownKey(id, other, 'compensation');
  const key = own.slice(0, -endingOf(step).length) + endingOf(other);
  return key.length > MAX_IDEMPOTENCY_KEY_LENGTH ? ownKey(id, other, 'compensation') : key;
}

function endingOf(step: string): string {
  return `/${ownKey(step, 'compensation')}`;
}
