import { RestatePromise } from '@restatedev/restate-sdk';
import { isSent } from './sent-call.js';
import type { Progressing, SingleFuture, Unresolved } from './watched-future.js';

/** What is used of the SDK's virtual machine. */
export interface Machine {
  /** Whether a notification is there that nobody has taken yet. */
  is_completed(handle: number): boolean;
}

/** Whether it is known how a future ended; perhaps nobody has asked. */
export function hasEnded(machine: Machine, future: SingleFuture): boolean {
  return future.isCompleted() || (!isSent(future) && machine.is_completed(future.handle));
}

/**
 * Waits until futures have ended, and leaves it to whoever awaits them to learn how. To complete them here would reject
 * each combination that the code has made of them and does not await: an unhandled rejection, which ends the process.
 *
 * @param futures at least one
 */
export async function ended(machine: Machine, futures: readonly SingleFuture[]): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const left = () => futures.filter((future) => !hasEnded(machine, future));
  // Any future of the SDK has what makes it progress; all that is asked of this one is answered here.
  const wait = Object.assign(RestatePromise.allSettled(futures), {
    publicPromise: () => promise,
    tryComplete: async (): Promise<void> => {
      // A sent call progresses by being asked.
      for (const future of left()) if (isSent(future)) await future.tryComplete();
      if (left().length === 0) resolve();
    },
    unresolvedFuture: (): Unresolved | null => {
      const parts = left().map((future) => future.unresolvedFuture()!);
      return parts.length === 0 ? null : { AllCompleted: parts };
    },
  } satisfies Pick<Progressing, 'tryComplete' | 'unresolvedFuture'> & { publicPromise(): Promise<void> });
  await wait;
}
