import type { AloneRow } from '../alone/alone-row.js';
import type { StartupRow } from '../startup/startup-row.js';
import type { SubjectId } from '../subjects/subject.js';
import type { Workload } from '../workload.js';
import type { Row } from './row.js';

/** Growth of the collected heap, as a share. */
export const HEAP_TARGET = 0.02;

/** Handlers of the application whose start-up counts, and what Rea may add to it, in milliseconds. */
const STARTUP_HANDLERS = 1_000;
const STARTUP_TARGET = 100;

/** The ratio that Rea may have, by workload. */
const ALONE_TARGETS: Partial<Record<Workload, number>> = { greet: 1.05, steps: 1.1, saga: 1.1 };

/** The ratio that Rea may have to itself when it is observed. */
const OBSERVED_TARGETS: Partial<Record<SubjectId, number>> = {
  // Nothing, but for what is noise: twice that of the same against itself.
  'rea-unobserved': 1.03,
  'rea-metrics': 1.15,
  'rea-logs': 1.15,
  'rea-traces': 1.3,
};

/** The ratio that the row may have; undefined when nothing is asked of it. */
export function aloneTarget({ subject, workload }: AloneRow): number | undefined {
  return subject === 'rea-warn' ? ALONE_TARGETS[workload] : OBSERVED_TARGETS[subject];
}

/** What may be added, in milliseconds; undefined when nothing is asked of the row. */
export function startupTarget({ handlers }: StartupRow): number | undefined {
  return handlers === STARTUP_HANDLERS ? STARTUP_TARGET : undefined;
}

/** Whether a row meets its target; undefined when it has none. Rows through the server are too noisy for one. */
export function verdict(row: Row): 'PASS' | 'MISS' | undefined {
  switch (row.stage) {
    case 'server':
      return undefined;
    case 'alone':
      return within(row.ratio.median, aloneTarget(row));
    case 'startup':
      return within(row.added.median, startupTarget(row));
    case 'heap':
      return within(row.growth, HEAP_TARGET);
  }
}

function within(value: number, target: number | undefined): 'PASS' | 'MISS' | undefined {
  if (target === undefined) return undefined;
  return value <= target ? 'PASS' : 'MISS';
}
