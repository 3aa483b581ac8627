import { TerminalError } from '@restatedev/restate-sdk';
import { asTerminalError, Section, type Stretch, withCauses } from '@rea/core/internal';
import { type Backoff, waitBefore } from './backoff.js';
import type { SagaScope } from './saga-scope.js';

/** How the tries of a compensation, or of a step after the pivot, ended. */
export type Attempts<T> =
  | { readonly done: true; readonly value: T; readonly attempts: number }
  | { readonly done: false; readonly error: TerminalError; readonly attempts: number };

/**
 * Tries until it works or the tries are used up, and sleeps durably in between. Here, and only here, a terminal error is
 * one failed try. So is an ordinary error thrown by the code itself: deterministic code throws it again on a replay.
 * The server retries none of this, except for runs that have a limit of their own.
 *
 * @param what for the Restate UI: `compensation refund-card`
 * @param onFailure told after each failed try
 * @param stretch that each try is the content of
 */
export async function tryWithBackoff<T>(
  { raw }: SagaScope,
  what: string,
  backoff: () => Backoff,
  action: (attempt: number) => PromiseLike<T>,
  onFailure: (attempt: number, error: TerminalError) => void,
  stretch?: Stretch,
): Promise<Attempts<T>> {
  for (let attempt = 1; ; attempt += 1) {
    const section = new Section();
    section.countsTries = true;
    try {
      return { done: true, value: await section.begin(() => action(attempt), stretch), attempts: attempt };
    } catch (error) {
      const failure = asTerminalError(error) ?? ordinary(error);
      onFailure(attempt, failure);
      const limits = backoff();
      if (attempt >= limits.maxAttempts) return { done: false, error: failure, attempts: attempt };
      await raw.sleep(
        waitBefore(limits, attempt + 1, () => raw.rand.random()),
        `${what}, try ${attempt + 1}`,
      );
    }
  }
}

function ordinary(error: unknown): TerminalError {
  return new TerminalError(withCauses(error), { errorCode: 500 });
}
