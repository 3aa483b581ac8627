import { TerminalError } from '@restatedev/restate-sdk';
import { forgetTries, type TriedRun } from '../failures/run-try.js';
import { errorOf } from '../failures/thrown.js';
import type { RunOutcome } from '../events/rea-event.js';
import { type Stretch, UNWATCHED } from '../instrumentation/instrumentation.js';
import { type Attempt, enterScope, type Scope } from './attempt.js';

const NOTHING = Promise.resolve();

/**
 * One try of a run's closure, in a scope in which no durable operation is allowed. What it counts is kept when it succeeds;
 * how it ended is published.
 *
 * @param run without a name it is not told
 * @param begin begins what the closure is the content of; undefined when nobody watches it
 * @param failure makes of what the closure has thrown what is thrown on
 */
export async function observedRun<T>(
  attempt: Attempt,
  run: TriedRun,
  closure: () => T | PromiseLike<T>,
  begin: (() => Stretch) | undefined,
  failure: (thrown: unknown) => Error,
): Promise<T> {
  // A scope ends with the task that it was opened in: the SDK's code that calls this is not in it.
  await NOTHING;
  const { name } = run;
  const scope: Scope = { attempt, closed: `the run "${name}"`, tries: name };
  if (attempt.beforeRun) {
    enterScope(scope);
    await attempt.beforeRun();
  }
  const stretch = begin?.() ?? UNWATCHED;
  const { within } = stretch;
  enterScope(scope, within);
  const startedAt = name === '' || attempt.handler.events.isQuiet ? undefined : performance.now();
  let value: T;
  try {
    value = await (within ? closure() : stretch.run(closure));
    stretch.end();
  } catch (thrown) {
    stretch.end(thrown);
    const error = failure(thrown);
    const outcome = attempt.isLost ? 'cut' : error instanceof TerminalError ? 'failed' : 'retrying';
    if (startedAt !== undefined) tell(attempt, name, startedAt, outcome, errorOf(thrown));
    throw error;
  }
  forgetTries(run);
  const { isLost } = attempt;
  if (scope.effects && !isLost) for (const effect of scope.effects) effect();
  if (startedAt !== undefined) tell(attempt, name, startedAt, isLost || !attempt.active ? 'cut' : 'done');
  return value;
}

function tell(attempt: Attempt, name: string, startedAt: number, outcome: RunOutcome, error?: Error): void {
  attempt.handler.events.publish('run-ended', () => ({
    ...attempt.info,
    name,
    outcome,
    durationMs: performance.now() - startedAt,
    ...(error ? { error } : {}),
  }));
}
