import { CancelledError, type Context, type TerminalError } from '@restatedev/restate-sdk';
import { refuseInRun } from '../../invocation/attempt.js';
import { asTerminalError } from '../../invocation/error-mapping.js';
import { BranchScheduler } from './branch-scheduler.js';

/** How long the other branches may still take when one threw an ordinary error, in milliseconds. */
const GRACE_MS = 5_000;

/** What became of one branch. */
export type BranchOutcome<T> =
  { readonly status: 'fulfilled'; readonly value: T } | { readonly status: 'rejected'; readonly reason: TerminalError };

/** What became of all branches. */
export interface SettledBranches<T> {
  /** In the order of the branches. */
  readonly outcomes: readonly BranchOutcome<T>[];
  /** What the branch threw that failed first, as it threw it. */
  readonly firstFailure: { readonly error: unknown } | undefined;
}

/**
 * Runs functions as branches and waits for all of them.
 *
 * An ordinary error is no outcome: it ends the attempt, which is then retried. It is thrown when the other branches have
 * ended, so that what they did is journaled, or after {@link GRACE_MS}: a bug shows although a branch waits for days.
 *
 * @param what the name of the helper, for messages
 * @throws CancelledError when a branch ended by the cancellation of the invocation, whatever the others did
 * @throws the first ordinary error of a branch
 */
export async function settleBranches<T>(
  ctx: Context,
  what: string,
  functions: readonly (() => PromiseLike<T>)[],
): Promise<SettledBranches<T>> {
  refuseInRun(`${what}()`);
  const scheduler = BranchScheduler.of(ctx);
  const branches = functions.map(() => scheduler.createBranch());
  const failures: { readonly error: unknown; readonly terminal: TerminalError | undefined }[] = [];
  const grace = new Grace();
  const ends = functions.map((fn, index) =>
    scheduler.run(branches[index]!, fn).then(
      (value): BranchOutcome<T> => ({ status: 'fulfilled', value }),
      (error: unknown): BranchOutcome<T> => {
        const terminal = asTerminalError(error);
        failures.push({ error, terminal });
        if (!terminal) grace.begin();
        return { status: 'rejected', reason: terminal! };
      },
    ),
  );
  const outcomes = await scheduler.join(Promise.race([Promise.all(ends), grace.over]));
  grace.end();
  const ordinary = failures.find(({ terminal }) => !terminal);
  if (ordinary) {
    if (!outcomes) scheduler.abandon(branches);
    throw ordinary.error;
  }
  for (const { terminal } of failures) if (terminal instanceof CancelledError) throw terminal;
  return { outcomes: outcomes!, firstFailure: failures[0] };
}

class Grace {
  readonly over: Promise<undefined>;
  private readonly expire: () => void;
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.over = promise;
    this.expire = () => resolve(undefined);
  }

  begin(): void {
    this.timer ??= setTimeout(this.expire, GRACE_MS).unref();
  }

  end(): void {
    clearTimeout(this.timer);
  }
}
