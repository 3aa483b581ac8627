import { tryWithBackoff } from './attempts.js';
import type { Backoff } from './backoff.js';
import type { SagaScope, StepEntry } from './saga-scope.js';
import type { AnyStep } from './step.types.js';

/**
 * Does a step after the pivot: it is tried until it works.
 *
 * @throws TerminalError once its tries are used up; it is a dead letter then
 */
export async function forward(
  scope: SagaScope,
  entry: StepEntry,
  { action }: AnyStep,
  backoff: () => Backoff,
): Promise<unknown> {
  const idempotencyKey = scope.keyOf(entry.name, 'action');
  const result = await tryWithBackoff(
    scope,
    `step ${entry.name}`,
    backoff,
    (attempt) => action({ idempotencyKey, attempt }),
    (attempt, { message }) => scope.publish('saga-step-retried', () => ({ step: entry.name, attempt, error: message })),
  );
  if (result.done) return result.value;
  entry.state = 'dead-lettered';
  const { message, code } = result.error;
  scope.cause = { kind: 'error', message, code, step: entry.name };
  scope.deadLetter({
    step: entry.name,
    kind: 'forward',
    compensation: null,
    payload: null,
    error: { message, code },
    attempts: result.attempts,
    idempotencyKey,
    notUndone: [],
  });
  throw result.error;
}
