import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as drained } from 'node:timers/promises';
import type { Context } from '@restatedev/restate-sdk';
import { attemptOf } from '../../invocation/attempt.js';
import { atMost } from './at-most.js';
import { Section } from '../section.js';
import { Branch, currentBranch } from './branch.js';
import { Closures } from './closures.js';
import { type DurableFuture, Progress } from './progress.js';

/** How many ticks the others wait for a branch that waits for something not durable, before they go on without it. */
const PATIENCE = 100;

/** How many they wait at least, when they have gone on without others already. */
const LEAST_PATIENCE = 2;

/** In milliseconds. A process that was stalled has seen one tick pass, and what came meanwhile. */
const TICK_MS = 10;

/** How long run closures may still execute when a branch threw an ordinary error, in milliseconds. */
const GRACE_MS = 5_000;

/** Who waits for a future. */
interface Wait {
  readonly branches: Set<Branch>;
  /** The part of the code that began to wait first. */
  readonly section: Section | undefined;
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
  /** The futures that are waited for, in the order in which that began, and by whom. The handler itself is no branch. */
  private readonly waits = new Map<DurableFuture, Wait>();
  private readonly starts: (() => void)[] = [];
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
    this.progress = Progress.of(ctx, (future) => this.wait(future, currentBranch.getStore()));
    this.closures = new Closures(ctx);
  }

  /** The scheduler of the context's attempt. @throws TerminalError (500, `REA7006`) when the SDK does not let it work */
  static of(ctx: Context): BranchScheduler {
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    let scheduler = schedulers.get(raw);
    if (!scheduler) schedulers.set(raw, (scheduler = new BranchScheduler(raw)));
    return scheduler;
  }

  /** A branch of the calling code, not yet started. */
  createBranch(): Branch {
    return new Branch(currentBranch.getStore());
  }

  /** Runs a function as a branch, when its turn comes. */
  async run<T>(branch: Branch, fn: () => PromiseLike<T>): Promise<T> {
    if (!this.progress) return fn();
    this.branches += 1;
    if (this.branches === 1) this.open();
    try {
      await this.turn(branch);
      return await currentBranch.run(branch, fn);
    } finally {
      branch.ended = true;
      this.stop(branch);
      this.branches -= 1;
      this.closeIfDone();
    }
  }

  /** Waits for branches; the calling branch itself does not move meanwhile. */
  async join<T>(work: PromiseLike<T>): Promise<T> {
    const caller = currentBranch.getStore();
    if (caller) this.hold(caller);
    try {
      return await work;
    } finally {
      if (caller) this.release(caller);
    }
  }

  /**
   * Lets branches, and those started in them, go no further in this attempt, and all others wait meanwhile: what they
   * did now would be in the journal before what the failed branch does in the next attempt. Run closures may finish, so
   * that the next attempt does not repeat them.
   */
  async abandon(branches: readonly Branch[]): Promise<void> {
    for (const branch of branches) branch.abandon();
    for (const [future, { branches: waiting, section }] of this.waits) {
      const left = [...waiting].filter((branch) => !branch.isAbandoned);
      if (left.length > 0) this.waits.set(future, { branches: new Set(left), section });
      else if (waiting.size > 0) this.waits.delete(future);
    }
    for (const branch of [...this.moving, ...this.slow]) if (branch.isAbandoned) this.stop(branch);
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

  /** Somebody waits for a future. */
  private wait(future: DurableFuture, branch: Branch | undefined): void {
    if (branch?.isAbandoned) return;
    let wait = this.waits.get(future);
    if (!wait) {
      this.waits.set(future, (wait = { branches: new Set(), section: Section.current }));
      this.progress!.watch(future, () => this.settle(future));
    }
    if (branch && !wait.branches.has(branch)) {
      wait.branches.add(branch);
      this.hold(branch);
    }
    if (!this.awaited?.has(future)) this.wake();
  }

  private settle(future: DurableFuture): void {
    const wait = this.waits.get(future);
    this.waits.delete(future);
    for (const branch of wait?.branches ?? []) this.release(branch);
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
      const start = this.starts.shift();
      if (start) start();
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
    for (const future of futures) {
      if (!this.isToBeTold(future, end.cancelled)) continue;
      future.tryCancel();
      await this.allStill();
    }
  }

  /** Each branch is told once. @param only the code that is cancelled; undefined when all is */
  private isToBeTold(future: DurableFuture, only: Section | undefined): boolean {
    const wait = this.waits.get(future);
    if (!wait || (only && !only.contains(wait.section))) return false;
    const told = [...wait.branches].filter(({ knowsCancel }) => knowsCancel);
    for (const branch of told) branch.knowsCancel = false;
    return told.length === 0 || told.length < wait.branches.size;
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
