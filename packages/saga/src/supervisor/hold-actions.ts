import { setTimeout as pause } from 'node:timers/promises';
import { allowNondeterminism } from '@rea/core';
import { attemptOf } from '@rea/core/internal';
import type { SagaScope } from '../saga/saga-scope.js';
import type { RestartedCopy } from './restarted-copies.js';
import { actionHeld } from './supervisor-failures.js';

/** How long a copy waits for its cancellation, which is sent right after its start. In milliseconds. */
const LONGEST_WAIT = 5_000;
const POLL = 5;

/**
 * Lets a copy that only rolls back start no run before the rollback: what was under way when the saga was killed is not
 * done a second time, its outcome is not known.
 */
export function holdActions(scope: SagaScope, { killed }: RestartedCopy): void {
  const attempt = attemptOf(scope.ctx);
  if (!attempt) return;
  attempt.beforeRun = async () => {
    if (!isHeld(scope)) return;
    const begun = performance.now();
    while (
      scope.interruption?.causeFor(scope.section) === undefined &&
      performance.now() - begun < LONGEST_WAIT &&
      attempt.active
    ) {
      await allowNondeterminism(() => pause(POLL));
    }
    if (isHeld(scope)) throw actionHeld(killed);
  };
}

function isHeld({ status, isPastPivot }: SagaScope): boolean {
  return status === 'running' && !isPastPivot;
}
