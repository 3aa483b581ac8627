import { setImmediate as drained } from 'node:timers/promises';
import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import type { Section } from '../section.js';
import { misuse } from './durable-futures.js';

/**
 * How the SDK makes a future progress that somebody waits for. It is not in the SDK's types, so all that is used of it
 * is named here, and checked before use.
 */
interface ProgressExecutor {
  /** Called by a future's `then`, `catch` and `finally`: ends once the future is settled or was cancelled. */
  doProgress(future: DurableFuture): Promise<void>;
  /** Wakes the executor up: it looks again at what its future needs. */
  readonly externalProgressChannel?: { signal(): void };
}

/** A future as the executor sees it. */
export interface DurableFuture extends RestatePromise<unknown> {
  /** Gives a `CancelledError` to who waits for the future. */
  tryCancel(only?: Section): void;
  /** What the future still needs from the journal: null when it needs nothing more. */
  unresolvedFuture(): unknown;
}

/**
 * How {@link Progress.first} ended: a future is settled, the invocation or some of its code is cancelled, or neither yet.
 */
export type ProgressEnd = 'settled' | 'interrupted' | { readonly cancelled: Section | undefined };

/** Given to the SDK in place of a promise: it keeps none, so that each further wait for the future is reported too. */
const NOT_STARTED = { catch: () => undefined } as unknown as Promise<void>;

/**
 * Takes the place of the SDK's progress while several branches wait. The SDK lets one future progress at a time, and
 * aborts the attempt when native code waits for a second one. Here a future that somebody waits for is only reported,
 * and one awaiter makes all of them progress with {@link first}.
 */
export class Progress {
  private readonly sdkProgress: ProgressExecutor['doProgress'];
  private watched: DurableFuture | undefined;
  private race: DurableFuture | undefined;
  private raceProgress: Promise<void> = Promise.resolve();

  private constructor(
    private readonly executor: ProgressExecutor,
    private readonly onWait: (future: DurableFuture) => void,
  ) {
    this.sdkProgress = executor.doProgress.bind(executor);
  }

  /**
   * Undefined for contexts that are not the SDK's: the futures of fakes progress by themselves.
   *
   * @param onWait told each future that somebody starts to wait for
   * @throws TerminalError (500, `REA7006`) when the SDK does not work as expected
   */
  static of(ctx: Context, onWait: (future: DurableFuture) => void): Progress | undefined {
    const { promisesExecutor: executor } = ctx as { readonly promisesExecutor?: ProgressExecutor };
    if (typeof executor?.doProgress === 'function') return new Progress(executor, onWait);
    if (!('coreVm' in ctx)) return undefined;
    throw misuse(
      'REA7006',
      'Branches do not know how this release of @restatedev/restate-sdk waits. Install the release that this version of Rea was tested with, or use all() in place of parallel().',
    );
  }

  open(): void {
    this.executor.doProgress = (future) => this.onProgress(future);
  }

  close(): void {
    Reflect.deleteProperty(this.executor, 'doProgress');
  }

  /** Calls `onEnd` once the future is settled or cancelled, and does not count as waiting for it. */
  watch(future: DurableFuture, onEnd: () => void): void {
    this.watched = future;
    future.then(onEnd, onEnd);
    this.watched = undefined;
  }

  /** Waits for the first of the futures in the journal's order, which is the same on every replay. */
  first(futures: readonly DurableFuture[]): Promise<ProgressEnd> {
    return new Promise((resolve) => {
      const race = RestatePromise.race(futures) as DurableFuture;
      race.tryCancel = (only) => resolve({ cancelled: only });
      this.race = race;
      const onSettled = () => void this.endOf(race).then(() => resolve('settled'));
      race.then(onSettled, onSettled);
      void this.raceProgress.then(() => {
        if (this.race === undefined) resolve('interrupted');
      });
    });
  }

  /** Ends the current {@link first} early, since there is something else to wait for. */
  interrupt(): void {
    const { race } = this;
    if (!race || !this.executor.externalProgressChannel) return;
    this.race = undefined;
    race.unresolvedFuture = () => null;
    this.executor.externalProgressChannel.signal();
  }

  /** A race can be settled by native code, an asynchronous `.map()`, while the SDK goes on waiting for the losers. */
  private async endOf(race: DurableFuture): Promise<void> {
    await drained();
    const ended = await Promise.race([this.raceProgress.then(() => true), drained(false)]);
    if (!ended && this.race === race) this.interrupt();
    await this.raceProgress;
  }

  private onProgress(future: DurableFuture): Promise<void> {
    if (future === this.race) {
      // It fails when the connection is lost; the attempt is over then, and nobody needs to hear of it here.
      this.raceProgress = this.sdkProgress(future).catch(() => undefined);
      return this.raceProgress;
    }
    if (future !== this.watched) this.onWait(future);
    return NOT_STARTED;
  }
}
