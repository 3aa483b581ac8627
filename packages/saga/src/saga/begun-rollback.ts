import { CancelledError, type TerminalError } from '@restatedev/restate-sdk';
import { nextRollback } from '@rea/core/internal';
import type { SagaScope } from './saga-scope.js';

/**
 * What ends a block where the journal goes on with a rollback, whatever the block comes to now: an earlier attempt has begun
 * it, where the code had thrown something ordinary. Undefined where the saga, or the nested one, goes on.
 *
 * @param depth how many sagas are around this one
 */
export function begunRollback({ raw, isPastPivot }: SagaScope, depth: number): CancelledError | undefined {
  if (isPastPivot) return undefined;
  const next = nextRollback(raw);
  // It is a saga around this one that had thrown: this one had ended.
  if (next?.depth === undefined || next.depth < depth) return undefined;
  return new CancelledError();
}

/** @throws CancelledError before a step that had not been started when the journal's rollback began */
export function refuseStepOfRollback({ raw, isPastPivot, entries }: SagaScope): void {
  const steps = isPastPivot ? undefined : nextRollback(raw)?.steps;
  if (steps !== undefined && entries.length >= steps) throw new CancelledError();
}

/** Whether the rollback is for a saga around the one that ends. */
export function isOfOuterSaga({ raw }: SagaScope, depth: number, error: TerminalError): boolean {
  const next = error instanceof CancelledError ? nextRollback(raw)?.depth : undefined;
  return next !== undefined && next < depth;
}
