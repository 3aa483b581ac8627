import {
  CancelledError,
  type Context,
  type GenericCall,
  type InvocationPromise,
  type RestatePromise,
  type RunOptions,
} from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { receivedCancel } from './received-cancel.js';
import { currentBranch } from './concurrency/branch.js';
import { misuse } from './concurrency/durable-futures.js';
import { classWith } from './class-with.js';
import { controlOperations, type OperationControl } from './context-operations.js';
import { ended, type Machine } from './ended.js';
import { Section } from './section.js';
import { isSent, sentCall } from './sent-call.js';
import { isCall, StartedWorks } from './started-work.js';
import { type Progressing, type SingleFuture, WatchedFuture } from './watched-future.js';

/** Why code is interrupted: the invocation was cancelled, or a deadline has passed. */
export type InterruptionCause = 'cancelled' | 'deadline';

/** What is used of the SDK's executor. It is not in the SDK's types, so all of it is named here and checked before use. */
interface Executor {
  [INTERRUPTION]?: Interruption;
  [PROGRESS]?: Executor['doProgressInner'];
  doProgressInner(future: Progressing): Promise<void>;
  errorCallback: (error: unknown) => void;
}

/** What is used of the SDK's context beyond its types. */
interface SdkContext extends Context {
  [INTERRUPTION]?: Interruption;
  readonly coreVm: Machine;
  readonly promisesExecutor: Executor;
  /** Undefined unless the handler has `explicitCancellation`. */
  readonly trackedInvocationIdPromises?: unknown;
  readonly runClosuresTracker: { readonly runsToExecute: ReadonlyMap<number, unknown> };
  cancellation(): SingleFuture;
  cancel(invocationId: string): void;
}

/** An interruption that nobody was told of yet. */
interface Pending {
  readonly cause: InterruptionCause;
  /** The code that it is for; undefined when it is for all. */
  readonly section: Section | undefined;
}

interface Deadline {
  readonly sleep: SingleFuture;
  readonly section: Section;
}

const NONE: readonly SingleFuture[] = [];
const NO_DEADLINES: readonly Deadline[] = [];

/**
 * Where a context and its executor keep their own. A WeakMap of all contexts costs the garbage collector more than all the
 * rest.
 */
const INTERRUPTION = Symbol('rea.interruption');

/** Where the class of executors keeps its own way to progress. */
const PROGRESS = Symbol('rea.progress');

/**
 * Decides when the code of an attempt learns that its invocation was cancelled. The SDK tells whoever awaits at that
 * moment, while the effect that is awaited goes on. Here,
 *
 * - runs that are awaited, and calls, are let end first: the awaiting code goes on with their results. Callees are
 *   cancelled, so the wait is for their rollbacks. A run that fails then is not tried again.
 * - other waits (sleeps, awakeables, promises) end with a `CancelledError`, once.
 * - {@link shielded} code is not interrupted, nor are its callees cancelled. What waits beside it is told afterwards.
 *
 * It is one per attempt and works from the executor's inside, below everything that waits. All decisions follow from the
 * journal's order, so a replay takes the same ones. With the handler option `explicitCancellation` it asks for the
 * cancellation itself, else the SDK reports it.
 */
export class Interruption implements OperationControl {
  private pending: Pending | undefined;
  private isCancelled = false;
  /** A deadline has passed, for some section. */
  private anyIsLate = false;
  private shields = 0;
  private users = 0;
  private deadlines: readonly Deadline[] = NO_DEADLINES;
  private cancellation: SingleFuture | undefined;
  private aborted = false;
  private sentCalls = 0;
  private readonly works: StartedWorks;
  /** Handles of calls whose callees have been cancelled. */
  private cancelled: Set<number> | undefined;
  private readonly isExplicit: boolean;

  private constructor(private readonly ctx: SdkContext) {
    const { promisesExecutor: executor } = ctx;
    this.works = new StartedWorks(ctx.coreVm);
    this.isExplicit = ctx.trackedInvocationIdPromises !== undefined;
    const abort = executor.errorCallback;
    const onError = (error: unknown) => {
      this.aborted = true;
      abort(error);
    };
    // Not in one: see cancel-hook.ts.
    executor.errorCallback = onError;
    controlOperations(ctx, this);
    followProgress(ctx);
    executor[INTERRUPTION] = this;
  }

  /**
   * The one of the context's attempt; undefined for contexts that are not the SDK's: a fake is not cancelled.
   *
   * @throws TerminalError (500, `REA7007`) when the SDK does not work as expected
   */
  static of(ctx: Context): Interruption | undefined {
    const raw = (attemptOf(ctx)?.ctx ?? ctx) as SdkContext;
    let interruption = raw[INTERRUPTION];
    if (!interruption && 'coreVm' in raw) {
      if (
        typeof raw.promisesExecutor?.doProgressInner !== 'function' ||
        typeof raw.promisesExecutor.errorCallback !== 'function' ||
        typeof raw.coreVm?.is_completed !== 'function' ||
        !(raw.runClosuresTracker?.runsToExecute instanceof Map)
      ) {
        throw misuse(
          'REA7007',
          'Rollbacks cannot be shielded with this release of @restatedev/restate-sdk. Install the release that this version of Rea was tested with.',
        );
      }
      raw[INTERRUPTION] = interruption = new Interruption(raw);
    }
    return interruption;
  }

  /** @internal Nothing new is started by code that does not know yet that it is interrupted. */
  admit(): Section | undefined {
    const section = Section.current;
    if (this.isInterrupted) this.refuse(section);
    return section;
  }

  /** @internal The SDK would cancel the callee of an ordinary call, whatever the caller does. */
  divert(call: GenericCall<unknown, unknown>, section: Section | undefined): InvocationPromise<unknown> | undefined {
    if (this.isExplicit || !section?.some(({ isShielded }) => isShielded)) return undefined;
    return sentCall(this.ctx, call, (this.sentCalls += 1));
  }

  /** @internal */
  started(future: RestatePromise<unknown>, section: Section | undefined): void {
    this.works.add(future as unknown as SingleFuture, section);
  }

  /** @internal A run that fails while its code is being interrupted has failed for good. */
  isLastTry(section: Section | undefined, options: RunOptions<unknown> = {}): boolean {
    const isLimited = options.maxRetryAttempts !== undefined || options.maxRetryDuration !== undefined;
    if (section?.some(({ isSettling }) => isSettling)) return true;
    if (section?.some(({ countsTries }) => countsTries)) return !isLimited;
    return this.causeFor(section) !== undefined;
  }

  /** @internal As the executor's own way to progress. */
  async progressWatched(future: Progressing): Promise<void> {
    for (;;) {
      if (this.isInterrupted) return this.endWait(future);
      const watched = new WatchedFuture(future, this.shields === 0 ? this.signals() : NONE);
      await this.progress(watched);
      // The code goes on as soon as its future is settled, so then the signals are its next wait's.
      if (this.aborted || future.unresolvedFuture() === null) return;
      const deadline = this.passedDeadline();
      if (watched.isCancelled || this.cancellation?.isCompleted()) this.interrupt('cancelled');
      else if (deadline) this.interrupt('deadline', deadline);
      else return;
    }
  }

  /**
   * Why the code of a section was interrupted, from when that is known; also when whoever was told has swallowed it.
   * Undefined for shielded code.
   */
  causeFor(section: Section | undefined): InterruptionCause | undefined {
    if (!this.isCancelled && !this.anyIsLate) return undefined;
    if (section?.some(({ isShielded }) => isShielded)) return undefined;
    if (section?.some(({ isLate }) => isLate)) return 'deadline';
    return this.isCancelled ? 'cancelled' : undefined;
  }

  /**
   * Whether code of a section that ends with an ordinary error was cancelled: see {@link receivedCancel}. Not for shielded
   * code.
   */
  received(section: Section): boolean {
    return !section.some(({ isShielded }) => isShielded) && receivedCancel(this.ctx);
  }

  /** How many runs and calls were started so far: what is started later has this {@link ordinal}, or a higher one. */
  get startedCount(): number {
    return this.works.count;
  }

  /** Whether a notification, by its handle, is the end of a run or a call that was started. */
  isWork(handle: number): boolean {
    return this.works.has(handle);
  }

  /** When the earliest run or call was started that a future is made of; undefined when it is made of none. */
  ordinal(future: unknown): number | undefined {
    return this.works.ordinalOf(future);
  }

  /** From now on somebody asks {@link causeFor}. Gives the function that ends that: the last one forgets the cause. */
  enter(): () => void {
    this.users += 1;
    return () => {
      this.users -= 1;
      if (this.users === 0) this.isCancelled = false;
    };
  }

  /** The section is also interrupted when this sleep is over. Gives the function that ends that. */
  watchDeadline(sleep: RestatePromise<void>, section: Section): () => void {
    const deadline = { sleep: sleep as unknown as SingleFuture, section };
    this.deadlines = [...this.deadlines, deadline];
    return () => this.drop(deadline);
  }

  /** The calling code knows of the interruption. Other branches are still to be told. */
  acknowledge(): void {
    const branch = currentBranch.current;
    if (!branch) this.pending = undefined;
    else if (this.pending) branch.knowsCancel = true;
  }

  /**
   * Ends what a section has under way: its callees are cancelled, and waited for with their rollbacks; runs that have
   * begun end, without a further try. Afterwards nothing of what it has started goes on.
   */
  async settle(section: Section): Promise<void> {
    section.isSettling = true;
    await this.shielded(async () => {
      const calls = this.works.unsettled(section).filter(isCall);
      const ids = calls.filter(({ handle }) => !this.cancelled?.has(handle)).map(({ invocationId }) => invocationId);
      if (ids.length > 0) await ended(this.ctx.coreVm, ids as unknown as SingleFuture[]);
      await this.cancel(calls);
      const { runsToExecute } = this.ctx.runClosuresTracker;
      const unsettled = this.works.unsettled(section).filter(({ handle }) => !runsToExecute.has(handle));
      if (unsettled.length > 0) await ended(this.ctx.coreVm, unsettled);
    });
  }

  /** Runs code that nothing interrupts. An interruption that comes meanwhile follows. */
  async shielded<T>(fn: () => Promise<T>): Promise<T> {
    const section = new Section();
    const end = this.shield(section);
    try {
      return await section.run(fn);
    } finally {
      end();
    }
  }

  /**
   * From now on nothing interrupts a section that is running already; that it was interrupted is put off as well. Gives
   * the function that ends that.
   */
  putOff(section: Section): () => void {
    const cause = this.causeFor(section);
    if (cause === 'cancelled') this.pending = { cause, section: undefined };
    else if (cause === 'deadline') this.pending = undefined;
    this.isCancelled = false;
    return this.shield(section);
  }

  private shield(section: Section): () => void {
    section.isShielded = true;
    this.shields += 1;
    return () => {
      this.shields -= 1;
      if (this.shields === 0) this.takeEffect();
    };
  }

  private get isInterrupted(): boolean {
    return this.pending !== undefined && this.shields === 0;
  }

  private progress(watched: WatchedFuture): Promise<void> {
    return this.ctx.promisesExecutor[PROGRESS]!(watched);
  }

  /** Lets the runs and calls end that a future is made of, then tells whoever waits for the rest. */
  private async endWait(future: Progressing): Promise<void> {
    const { section } = this.pending!;
    const calls = this.works.unsettled(section).filter(isCall);
    for (const { handle, invocationId } of calls) {
      if (!this.cancelled?.has(handle) && !(await this.complete(invocationId as unknown as Progressing))) return;
    }
    await this.cancel(calls);
    if (!(await this.complete(future, (handle) => this.works.has(handle, section)))) return;
    if (future.unresolvedFuture() === null) return;
    this.pending = undefined;
    (future as { tryCancel(only?: Section): void }).tryCancel(section);
  }

  /** Waits for a future, or for some of its parts, whatever comes. False when the attempt ends. */
  private async complete(future: Progressing, isPart?: (handle: number) => boolean): Promise<boolean> {
    for (;;) {
      const watched = new WatchedFuture(future, [], isPart);
      await this.progress(watched);
      if (this.aborted) return false;
      if (!watched.isCancelled) return true;
    }
  }

  private async cancel(calls: readonly SingleFuture[]): Promise<void> {
    for (const call of calls) {
      if (!isCall(call) || this.cancelled?.has(call.handle)) continue;
      this.markCancelled(call);
      this.ctx.cancel(await call.invocationId);
    }
  }

  private interrupt(cause: InterruptionCause, deadline?: Deadline): void {
    if (deadline) this.drop(deadline);
    else this.cancellation = undefined;
    if (cause === 'cancelled' && !this.isExplicit) {
      // The SDK has told the callees already.
      for (const future of this.works.unsettled()) if (isCall(future) && !isSent(future)) this.markCancelled(future);
    }
    this.pending ??= { cause, section: deadline?.section };
    if (this.shields === 0) this.takeEffect();
  }

  private takeEffect(): void {
    if (this.pending?.cause === 'cancelled') this.isCancelled = this.users > 0;
    else if (this.pending?.section && !this.isCancelled) this.pending.section.isLate = this.anyIsLate = true;
  }

  private drop(deadline: Deadline): void {
    this.deadlines = this.deadlines.filter((each) => each !== deadline);
  }

  private markCancelled({ handle }: SingleFuture): void {
    (this.cancelled ??= new Set()).add(handle);
  }

  private passedDeadline(): Deadline | undefined {
    return this.deadlines.find(({ sleep }) => sleep.isCompleted());
  }

  /** What ends a wait besides its own future. */
  private signals(): readonly SingleFuture[] {
    if (this.isExplicit) this.cancellation ??= this.ctx.cancellation();
    else if (this.deadlines.length === 0) return NONE;
    const signals = this.deadlines.map(({ sleep }) => sleep);
    return this.cancellation ? [...signals, this.cancellation] : signals;
  }

  private refuse(section: Section | undefined): void {
    if (section?.some(({ isShielded }) => isShielded)) return;
    const { section: only } = this.pending!;
    if (only && !only.contains(section)) return;
    if (currentBranch.current?.knowsCancel) return;
    this.acknowledge();
    throw new CancelledError();
  }
}

/**
 * Lets interruptions decide how the futures of a context progress. The executor's class is changed, once: each attempt
 * would pay for functions of its own.
 */
export function followProgress(ctx: Context): void {
  const { promisesExecutor: executor } = ctx as Partial<SdkContext>;
  const owner = !executor || executor[PROGRESS] ? undefined : classWith<Executor>('doProgressInner', executor);
  if (!owner) return;
  const progress: Executor['doProgressInner'] = Reflect.get(owner, 'doProgressInner');
  Object.defineProperty(owner, PROGRESS, { value: progress });
  owner.doProgressInner = function (this: Executor, future) {
    const interruption = future instanceof WatchedFuture ? undefined : this[INTERRUPTION];
    return interruption ? interruption.progressWatched(future) : progress.call(this, future);
  };
}
