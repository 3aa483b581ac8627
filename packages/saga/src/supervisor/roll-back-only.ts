import { setTimeout as pause } from 'node:timers/promises';
import { allowNondeterminism } from '@rea/core';
import { asTerminalError, attemptOf } from '@rea/core/internal';
import { CancelledError } from '@restatedev/restate-sdk';
import type { Saga } from '../saga/saga.js';
import type { SagaScope } from '../saga/saga-scope.js';
import { actionHeld } from './supervisor-failures.js';

/** How long a copy waits for its cancellation, which is sent right after its start. In milliseconds. */
const LONGEST_WAIT = 5_000;
const POLL = 5;

/**
 * Makes a saga's block that of a copy, which only rolls back. It starts no run before the rollback: what was under way
 * when the saga was killed is not done a second time, its outcome is not known. And where the block fails with an ordinary
 * error, as the killed one may have, it is not tried again but waits for the cancellation.
 */
export function rollBackOnly<T>(
  scope: SagaScope,
  killed: string,
  block: (saga: Saga) => PromiseLike<T>,
): (saga: Saga) => Promise<T> {
  const attempt = attemptOf(scope.ctx);
  if (attempt) {
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
  return async (saga) => {
    try {
      return await block(saga);
    } catch (error) {
      if (asTerminalError(error) || !isHeld(scope)) throw error;
      if (scope.interruption?.causeFor(scope.section) === undefined)
        await scope.raw.sleep({ hours: 1 }, 'cancellation');
      throw new CancelledError();
    }
  };
}

function isHeld({ status, isPastPivot }: SagaScope): boolean {
  return status === 'running' && !isPastPivot;
}
