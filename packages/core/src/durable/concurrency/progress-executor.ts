import type { Context, RestatePromise } from '@restatedev/restate-sdk';
import type { Section } from '../section.js';

/**
 * How the SDK makes a future progress that somebody waits for. It is not in the SDK's types, so all that is used of it
 * is named here, and checked before use.
 */
export interface ProgressExecutor {
  /** Called by a future's `then`, `catch` and `finally`: ends once the future is settled or was cancelled. */
  doProgress(future: DurableFuture): Promise<void>;
  /** Wakes the executor up: it looks again at what its future needs. */
  readonly externalProgressChannel?: { signal(): void };
}

/** One wait for a future: rejected, it ends this wait and no other. */
export interface Wait {
  readonly promise: Promise<never>;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** A future as the executor sees it. */
export interface DurableFuture extends RestatePromise<unknown> {
  /** Gives a `CancelledError` to who waits for the future. */
  tryCancel(only?: Section): void;
  /** Settles with the future, and makes nothing progress. */
  publicPromise(): Promise<unknown>;
  /** What the future still needs from the journal: null when it needs nothing more. */
  unresolvedFuture(): unknown;
  /** Each wait ends with the future, or when the promise that stands here as the wait begins is rejected. */
  cancelPromise: Wait;
}

/** The executor of the SDK's own contexts; undefined for fakes, and where this release of the SDK works otherwise. */
export function executorOf(ctx: Context): ProgressExecutor | undefined {
  const { promisesExecutor } = ctx as { readonly promisesExecutor?: ProgressExecutor };
  return typeof promisesExecutor?.doProgress === 'function' ? promisesExecutor : undefined;
}
