import { setImmediate as drained } from 'node:timers/promises';
import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { currentScope } from '../../invocation/attempt.js';
import { giveUp } from '../given-up.js';
import type { Section } from '../section.js';
import { misuse } from './durable-futures.js';
import { progressUnwatched } from './native-promise-watch.js';
import { type DurableFuture, executorOf, type ProgressExecutor, type Wait } from './progress-executor.js';

/**
 * How {@link Progress.first} ended: a future is settled, the invocation or some of its code is cancelled, or neither yet.
 */
export type ProgressEnd = 'settled' | 'interrupted' | { readonly cancelled: Section | undefined };

const nothing = () => null;

/** Given to the SDK in place of a promise: it keeps none, so that each further wait for the future is reported too. */
const NOT_STARTED = { catch: () => undefined } as unknown as Promise<void>;

/**
 * Takes the place of the SDK's progress while several branches wait. The SDK lets one future progress at a time, and
 * aborts the attempt when native code waits for a second one. Here a future that somebody waits for is only reported,
 * and one awaiter makes all of them progress with {@link first}.
 */
export class Progress {
  private readonly cancelled = new WeakSet<DurableFuture>();
  private isOpen = false;
  /** What stood before the SDK's method when this was opened. */
  private before: PropertyDescriptor | undefined;
  private watched: DurableFuture | undefined;
  private race: DurableFuture | undefined;
  private raceProgress: Promise<void> = Promise.resolve();

  private constructor(
    private readonly executor: ProgressExecutor,
    private readonly onWait: (future: DurableFuture, wait: Wait) => void,
  ) {}

  /**
   * Undefined for contexts that are not the SDK's: the futures of fakes progress by themselves.
   *
   * @param onWait told each future that somebody starts to wait for, and what ends this wait early
   * @throws TerminalError (500, `REA7006`) when the SDK does not work as expected
   */
  static of(ctx: Context, onWait: (future: DurableFuture, wait: Wait) => void): Progress | undefined {
    const executor = executorOf(ctx);
    if (executor) return new Progress(executor, onWait);
    if (!('coreVm' in ctx)) return undefined;
    throw misuse(
      'REA7006',
      'Branches do not know how this release of @restatedev/restate-sdk waits. Install the release that this version of Rea was tested with, or use all() in place of parallel().',
    );
  }

  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.before = Object.getOwnPropertyDescriptor(this.executor, 'doProgress');
    const progress = (future: DurableFuture) => this.onProgress(future);
    // Not in one: see cancel-hook.ts.
    this.executor.doProgress = progress;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.before) Object.defineProperty(this.executor, 'doProgress', this.before);
    else Reflect.deleteProperty(this.executor, 'doProgress');
  }

  /** Calls `onEnd` once the future is settled, and does not count as waiting for it. */
  watch(future: DurableFuture, onEnd: () => void): void {
    const { cancelPromise } = future;
    future.cancelPromise = Promise.withResolvers();
    this.watched = future;
    future.then(onEnd, onEnd);
    this.watched = undefined;
    future.cancelPromise = cancelPromise;
  }

  /** Tells a future of the cancellation, and with it whoever waits for it again. Ends the latest wait. */
  cancel(future: DurableFuture): void {
    this.cancelled.add(future);
    giveUp(future);
    future.tryCancel();
  }

  /** Ends one wait; the future can be waited for again. */
  interruptWait(future: DurableFuture, wait: Wait, reason: unknown): void {
    if (future.cancelPromise === wait && !this.cancelled.has(future)) future.cancelPromise = Promise.withResolvers();
    giveUp(future);
    wait.reject(reason);
  }

  /** Waits for the first of the futures in the journal's order, which is the same on every replay. */
  first(futures: readonly DurableFuture[]): Promise<ProgressEnd> {
    return new Promise((resolve) => {
      const race = RestatePromise.race(futures) as DurableFuture;
      const cancel = (only?: Section) => resolve({ cancelled: only });
      race.tryCancel = cancel;
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
    race.unresolvedFuture = nothing;
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
      this.raceProgress = progressUnwatched(this.executor, future).catch(() => undefined);
      return this.raceProgress;
    }
    if (future !== this.watched && !this.cancelled.has(future)) {
      const wait: Wait = Promise.withResolvers();
      future.cancelPromise = wait;
      currentScope()?.attempt.work?.await(future);
      this.onWait(future, wait);
    }
    return NOT_STARTED;
  }
}
