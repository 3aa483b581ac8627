import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as drained } from 'node:timers/promises';
import { CancelledError, type Context, type RestatePromise, type TerminalError } from '@restatedev/restate-sdk';
import { attemptOf, currentScope } from '../../invocation/attempt.js';
import { noteOpen, refuseUnawaited } from '../../invocation/unawaited.js';
import { tellOfEnd } from '../cancel-hook.js';
import { atMost } from './at-most.js';
import { Section } from '../section.js';
import { Branch, currentBranch } from './branch.js';
import { Closures } from './closures.js';
import { checkNativeWaits } from './native-promise-watch.js';
import { Progress } from './progress.js';
import type { DurableFuture } from './progress-executor.js';

/** How many ticks the others wait for a branch that waits for something not durable, before they go on without it. */
const PATIENCE = 100;

/** How many they wait at least, when they have gone on without others already. */
const LEAST_PATIENCE = 2;

/** In milliseconds. A process that was stalled has seen one tick pass, and what came meanwhile. */
const TICK_MS = 10;

/** How long run closures may still execute when a branch threw an ordinary error, in milliseconds. */
const GRACE_MS = 5_000;

/** One wait for a future. */
interface Waiting {
  /** Whose wait it is; the handler itself is no branch. */
  readonly branch: Branch | undefined;
  /** The part of the code that waits. */
  readonly section: Section | undefined;
  /** False for the timer of a branch's deadline: the branch goes on meanwhile. */
  readonly holds: boolean;
  /** Throws in place of the future's value. */
  readonly interrupt: (reason: TerminalError) => void;
}

/** The deadline of a branch. */
export interface Bound {
  /** Whether it has passed while the branch was under way. */
  readonly expired: boolean;
  /** To be called once the branch has ended: the deadline does not pass any more. */
  end(): void;
}

const schedulers = new WeakMap<Context, BranchScheduler>();

/**
 * Runs the branches of one attempt such that every replay runs them in the same order, which is what the journal needs.
 *
 * One branch moves at a time: they are started one after another, and each time that all of them wait, the one goes on
 * whose future is first in the journal. A branch has moved enough when it waits for something durable again. If it waits
 * for something native (a digest, another branch's promise), the others wait for it, but not for ever.
 */
export class BranchScheduler {
  private readonly progress: Progress | undefined;
  private readonly closures: Closures;
  /** The futures that are waited for, in the order in which that began, and by whom. */
  private readonly waits = new Map<DurableFuture, readonly Waiting[]>();
  private readonly starts: (() => void)[] = [];
  /** Branches whose deadline has passed, and which have not been told yet. */
  private readonly expiries: Branch[] = [];
  /** Branches that move. */
  private readonly moving = new Set<Branch>();
  /** Branches that have been moving for longer than the others wait for them. */
  private readonly slow = new Set<Branch>();
  private branches = 0;
  private running = false;
  private pauses = 0;
  private awaited: ReadonlySet<DurableFuture> | undefined;
  private onStill: (() => void) | undefined;
  /** Not a branch's: what the SDK starts while it makes progress, run closures, belongs to the handler. */
  private readonly inHandler = AsyncLocalStorage.snapshot();

  private constructor(ctx: Context) {
    this.progress = Progress.of(ctx, (future, wait) =>
      this.wait(future, currentBranch.current, (reason) => this.progress!.interruptWait(future, wait, reason)),
    );
    this.closures = new Closures(ctx);
  }

  /**
   * The scheduler of the context's attempt.
   *
   * @throws TerminalError (500, `REA7006`) when the SDK does not let it work
   * @throws PolicyViolationError when native code waits for something durable already
   */
  static of(ctx: Context): BranchScheduler {
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    let scheduler = schedulers.get(raw);
    if (!scheduler) schedulers.set(raw, (scheduler = new BranchScheduler(raw)));
    checkNativeWaits(raw);
    return scheduler;
  }

  /** A branch of the calling code, not yet started. */
  createBranch(): Branch {
    return new Branch(currentBranch.current);
  }

  /** Runs a function as a branch, when its turn comes. */
  async run<T>(branch: Branch, fn: () => PromiseLike<T>): Promise<T> {
    if (!this.progress) return fn();
    const attempt = currentScope()?.attempt;
    noteOpen(attempt, 'a branch', () => branch.ended || branch.isAbandoned);
    this.branches += 1;
    if (this.branches === 1) this.open();
    try {
      await this.turn(branch);
      // A future that the function returns is waited for by the branch, too.
      const value = await currentBranch.run(branch, async () => fn());
      if (attempt && !branch.expiry) refuseUnawaited(attempt, branch);
      return value;
    } finally {
      branch.ended = true;
      this.stop(branch);
      this.branches -= 1;
      this.closeIfDone();
    }
  }

  /** Waits for branches; the calling branch itself does not move meanwhile. */
  async join<T>(work: PromiseLike<T>): Promise<T> {
    const caller = currentBranch.current;
    if (caller) this.hold(caller);
    try {
      return await work;
    } finally {
      if (caller) this.release(caller);
    }
  }

  /**
   * Interrupts a branch once a timer is over: the reason is thrown at each durable wait of it and of the branches within
   * it, as a cancellation would be. A cancellation that comes first ends the deadline.
   */
  bound(branch: Branch, timer: RestatePromise<void>, reason: TerminalError): Bound {
    const { progress, waits } = this;
    if (!progress) return { expired: false, end: () => undefined };
    const future = timer as DurableFuture;
    const onCancel = (cancellation: TerminalError) => {
      // Nothing else of the branch can have been told of it.
      if (!this.isWaiting(branch) && !branch.isToBeInterrupted) branch.interruption = cancellation;
    };
    waits.set(future, [{ branch, section: Section.current, holds: false, interrupt: onCancel }]);
    progress.watch(future, () => {
      if (!waits.delete(future)) return;
      branch.expiry = reason;
      this.expiries.push(branch);
    });
    this.wake();
    return {
      get expired() {
        return branch.expiry !== undefined;
      },
      end: () => {
        if (branch.expiry) this.leave([branch]);
        if (waits.delete(future) && this.awaited?.has(future)) progress.interrupt();
      },
    };
  }

  /** Whether an error interrupts the calling code as a whole: a cancellation, or a deadline around it that has passed. */
  static isInterruption(error: unknown): boolean {
    return error instanceof CancelledError || (currentBranch.current?.isEndedBy(error) ?? false);
  }

  /**
   * Lets branches, and those started in them, go no further in this attempt, and all others wait meanwhile: what they
   * did now would be in the journal before what the failed branch does in the next attempt. Run closures may finish, so
   * that the next attempt does not repeat them.
   */
  async abandon(branches: readonly Branch[]): Promise<void> {
    this.leave(branches);
    this.pauses += 1;
    this.progress?.interrupt();
    await this.closures.idle(GRACE_MS);
    await drained();
    this.pauses -= 1;
    this.wake();
  }

  private turn(branch: Branch): Promise<void> {
    return new Promise((resolve) => {
      this.starts.push(() => {
        if (branch.isAbandoned) return;
        this.moving.add(branch);
        resolve();
      });
      this.wake();
    });
  }

  /** Branches, and those started in them, are not waited for and wait for nothing any more. */
  private leave(branches: readonly Branch[]): void {
    for (const branch of branches) branch.abandon();
    for (const future of this.waits.keys()) this.takeWaits(future, ({ branch }) => branch?.isAbandoned ?? false);
    for (const branch of [...this.moving, ...this.slow]) if (branch.isAbandoned) this.stop(branch);
  }

  /** Somebody waits for a future. */
  private wait(future: DurableFuture, branch: Branch | undefined, interrupt: Waiting['interrupt']): void {
    if (branch?.isAbandoned) return;
    const interruption = branch?.takeInterruption();
    // The wait begins once the SDK has got back to it.
    if (interruption) return queueMicrotask(() => interrupt(interruption));
    const waiting = this.waits.get(future);
    if (!waiting) this.progress!.watch(future, () => this.settle(future));
    this.waits.set(future, [...(waiting ?? []), { branch, section: Section.current, holds: true, interrupt }]);
    if (branch) this.hold(branch);
    if (!this.awaited?.has(future)) this.wake();
  }

  private settle(future: DurableFuture): void {
    for (const wait of this.takeWaits(future, () => true)) this.releaseWait(wait);
  }

  /** Takes out the waits for a future that are chosen; nobody else may be left. */
  private takeWaits(future: DurableFuture, choose: (wait: Waiting) => boolean): readonly Waiting[] {
    const waiting = this.waits.get(future) ?? [];
    const taken = waiting.filter(choose);
    if (taken.length === 0) return taken;
    if (taken.length < waiting.length)
      this.waits.set(
        future,
        waiting.filter((wait) => !taken.includes(wait)),
      );
    else this.waits.delete(future);
    return taken;
  }

  private isWaiting(branch: Branch): boolean {
    return [...this.waits.values()].flat().some((wait) => wait.holds && wait.branch?.isWithin(branch));
  }

  private releaseWait({ branch, holds }: Waiting): void {
    if (branch && holds) this.release(branch);
  }

  private hold(branch: Branch): void {
    branch.waits += 1;
    this.stop(branch);
  }

  private release(branch: Branch): void {
    branch.waits -= 1;
    if (branch.waits === 0 && !branch.ended && !branch.isAbandoned) this.moving.add(branch);
  }

  private stop(branch: Branch): void {
    this.slow.delete(branch);
    this.moving.delete(branch);
    if (this.moving.size === 0) this.onStill?.();
  }

  private wake(): void {
    if (!this.progress || this.pauses > 0) return;
    if (this.running) return this.progress.interrupt();
    this.running = true;
    void this.inHandler(() => this.schedule());
  }

  private async schedule(): Promise<void> {
    for (;;) {
      await this.allStill();
      if (this.pauses > 0) break;
      const expired = this.expiries.shift();
      const start = expired ? undefined : this.starts.shift();
      if (expired) await this.expire(expired);
      else if (start) start();
      else if (this.waits.size > 0) await this.goOn();
      else break;
    }
    this.running = false;
    this.closeIfDone();
  }

  /** Waits until no branch moves, or those that do are too slow. Plain promise code has moved once the tasks are drained. */
  private async allStill(): Promise<void> {
    await drained();
    if (this.moving.size === 0) return;
    // Halved for each slow branch: they may all wait for one and the same branch.
    let patience = Math.max(LEAST_PATIENCE, PATIENCE >> Math.min(this.slow.size, 30));
    for (; patience > 0 && this.moving.size > 0; patience -= 1) {
      await atMost(TICK_MS, (done) => (this.onStill = done));
      await drained();
    }
    for (const branch of this.moving) this.slow.add(branch);
    this.moving.clear();
  }

  /** Lets the branch go on whose future is first in the journal; a cancellation reaches every wait once. */
  private async goOn(): Promise<void> {
    const futures = [...this.waits.keys()];
    this.awaited = new Set(futures);
    const end = await this.progress!.first(futures);
    this.awaited = undefined;
    if (typeof end === 'string') return;
    const cancellation = new CancelledError();
    for (const future of futures) {
      const waiting = this.takeWaits(future, (wait) => isToBeTold(wait, end.cancelled));
      if (waiting.length === 0) continue;
      if (waiting.some(({ holds }) => holds) && !this.waits.has(future)) this.progress!.cancel(future);
      for (const wait of waiting) {
        this.releaseWait(wait);
        wait.interrupt(cancellation);
      }
      await this.allStill();
    }
  }

  /** Throws at the waits of a branch that its deadline has passed: once, so that it can clean up. */
  private async expire(branch: Branch): Promise<void> {
    const reason = branch.expiry!;
    const isOwn = (wait: Waiting) => wait.holds && (wait.branch?.isWithin(branch) ?? false);
    const waits = [...this.waits].flatMap(([future, waiting]) =>
      waiting.filter(isOwn).map((wait) => ({ future, wait })),
    );
    if (waits.length === 0 && !branch.ended) branch.interruption = reason;
    for (const { future, wait } of waits) {
      if (this.takeWaits(future, (each) => each === wait).length === 0) continue;
      if (!this.waits.has(future)) tellOfEnd(future, reason);
      this.releaseWait(wait);
      wait.interrupt(reason);
      await this.allStill();
    }
  }

  private open(): void {
    this.progress?.open();
    this.closures.open();
  }

  private closeIfDone(): void {
    if (this.branches > 0 || this.running) return;
    this.progress?.close();
  }
}

/** Each branch is told of a cancellation once. @param only the code that is cancelled; undefined when all is */
function isToBeTold({ branch, section }: Waiting, only: Section | undefined): boolean {
  if (only && !only.contains(section)) return false;
  if (!branch?.knowsCancel) return true;
  branch.knowsCancel = false;
  return false;
}
