import {
  CancelledError,
  type Context,
  type GenericCall,
  RestatePromise,
  type RunOptions,
  TerminalError,
} from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { misuse } from './concurrency/durable-futures.js';
import { type CallFuture, sentCall } from './sent-call.js';

/** Why an attempt's code is interrupted: the invocation was cancelled, or a deadline has passed. */
export type InterruptionCause = 'cancelled' | 'deadline';

/** What the SDK still needs from the journal for a future: one notification, or some of several. */
type Unresolved = { readonly Single: number } | Readonly<Record<string, readonly Unresolved[]>>;

/** A future as the SDK's executor sees it. */
interface Progressing {
  tryComplete(): Promise<void>;
  unresolvedFuture(): Unresolved | null;
  tryCancel(): void;
}

/** A future of one notification. */
interface SingleFuture extends RestatePromise<unknown>, Progressing {
  readonly handle: number;
  isCompleted(): boolean;
}

/** What is used of the SDK's executor. It is not in the SDK's types, so all of it is named here and checked before use. */
interface Executor {
  doProgressInner(future: Progressing): Promise<void>;
  errorCallback: (error: unknown) => void;
}

/** What is used of the SDK's context beyond its types. */
export interface SdkContext extends Context {
  readonly promisesExecutor: Executor;
  /** Undefined unless the handler has `explicitCancellation`. */
  readonly trackedInvocationIdPromises?: unknown;
  readonly runClosuresTracker: { readonly runsToExecute: ReadonlyMap<number, unknown> };
  cancellation(): SingleFuture;
}

/** `open`: interruptions are let through. `interrupted`: one has come and nobody was told yet. `shielded`: none is let through. */
type Phase = 'open' | 'interrupted' | 'shielded';

const interruptions = new WeakMap<Context, Interruption>();

/**
 * Decides when the code of an attempt learns that its invocation was cancelled. The SDK tells whoever awaits at that
 * moment, while the effect that is awaited goes on. Here,
 *
 * - runs that have begun, and calls, are let end first: the awaiting code goes on with their results. Callees are
 *   cancelled, so the wait is for their rollbacks. A run that fails then is not tried again.
 * - other waits (sleeps, awakeables, promises) end with a `CancelledError`, once.
 * - {@link shield}ed code is not interrupted, nor are its callees cancelled.
 *
 * It is one per attempt and works from the executor's inside, below everything that waits. All decisions follow from the
 * journal's order, so a replay takes the same ones. With the handler option `explicitCancellation` it asks for the
 * cancellation itself, else the SDK reports it.
 */
export class Interruption {
  private phase: Phase = 'open';
  private shields = 0;
  private settling = false;
  /** An interruption that came while shielded. */
  private missed: InterruptionCause | undefined;
  private reason: InterruptionCause | undefined;
  private deadline: SingleFuture | undefined;
  private cancellation: SingleFuture | undefined;
  private aborted = false;
  private calls = 0;
  /** Runs and calls that have been started, by their handle. */
  private readonly started = new Map<number, SingleFuture>();
  private readonly isExplicit: boolean;
  private readonly progress: (future: Progressing) => Promise<void>;

  private constructor(private readonly ctx: SdkContext) {
    const { promisesExecutor: executor } = ctx;
    this.isExplicit = ctx.trackedInvocationIdPromises !== undefined;
    this.progress = executor.doProgressInner.bind(executor);
    executor.doProgressInner = (future) =>
      future instanceof Watched ? this.progress(future) : this.progressWatched(future);
    const abort = executor.errorCallback;
    executor.errorCallback = (error) => {
      this.aborted = true;
      abort(error);
    };
    this.followRuns();
    this.followCalls();
  }

  /**
   * The one of the context's attempt; undefined for contexts that are not the SDK's: a fake is not cancelled.
   *
   * @throws TerminalError (500, `REA7007`) when the SDK does not work as expected
   */
  static of(ctx: Context): Interruption | undefined {
    const raw = (attemptOf(ctx)?.ctx ?? ctx) as SdkContext;
    let interruption = interruptions.get(raw);
    if (!interruption && 'coreVm' in raw) {
      if (typeof raw.promisesExecutor?.doProgressInner !== 'function') {
        throw misuse(
          'REA7007',
          'Rollbacks cannot be shielded with this release of @restatedev/restate-sdk. Install the release that this version of Rea was tested with.',
        );
      }
      interruptions.set(raw, (interruption = new Interruption(raw)));
    }
    return interruption;
  }

  /** Why the code was interrupted, from when that is known; also when whoever was told has swallowed it. */
  get cause(): InterruptionCause | undefined {
    return this.reason;
  }

  /** How many runs and calls were started so far: what is started later has a higher {@link ordinal}. */
  get startedCount(): number {
    return this.started.size;
  }

  /** Which of the started runs and calls a value is, from 0; undefined when it is none of them. */
  ordinal(value: unknown): number | undefined {
    const index = [...this.started.values()].indexOf(value as SingleFuture);
    return index < 0 ? undefined : index;
  }

  /** From now on the code is also interrupted when this sleep is over. Gives the function that ends that. */
  watchDeadline(sleep: RestatePromise<void>): () => void {
    this.deadline = sleep as unknown as SingleFuture;
    return () => (this.deadline = undefined);
  }

  /** Forgets that the code was interrupted, once that was dealt with. */
  clear(): void {
    this.reason = undefined;
    if (this.phase === 'interrupted') this.phase = 'open';
  }

  /**
   * Ends what is under way: callees are cancelled, and waited for with their rollbacks; runs that have begun end, without
   * a further try. Afterwards nothing of what was started goes on.
   */
  async settle(): Promise<void> {
    const end = this.shield();
    this.settling = true;
    try {
      const calls = this.unsettled().filter(isCall);
      if (calls.length > 0) {
        await RestatePromise.allSettled(calls.map(({ invocationId }) => invocationId as RestatePromise<unknown>));
        // The SDK has told the callees already when it was the invocation that was cancelled.
        if (this.isExplicit || this.reason !== 'cancelled') await this.cancel(calls);
      }
      const { runsToExecute } = this.ctx.runClosuresTracker;
      const unsettled = this.unsettled().filter(({ handle }) => !runsToExecute.has(handle));
      if (unsettled.length > 0) await RestatePromise.allSettled(unsettled);
    } finally {
      this.settling = false;
      end();
    }
  }

  /**
   * From now on nothing interrupts the code, and a run without a limit of its own is not tried again by the server: its
   * failure is thrown. Gives the function that ends that; an interruption that came meanwhile follows.
   */
  shield(): () => void {
    this.shields += 1;
    this.phase = 'shielded';
    return () => {
      this.shields -= 1;
      if (this.shields > 0) return;
      this.phase = 'open';
      if (this.missed) this.interrupt(this.missed);
      this.missed = undefined;
    };
  }

  private async progressWatched(future: Progressing): Promise<void> {
    for (;;) {
      if (this.phase === 'interrupted') return this.endWait(future);
      const watched = new Watched(future, this.phase === 'open' ? this.signals() : []);
      await this.progress(watched);
      if (this.aborted) return;
      const cause = watched.isCancelled ? 'cancelled' : this.signalled();
      if (!cause) return;
      if (this.phase === 'shielded') this.missed = cause;
      else this.interrupt(cause);
    }
  }

  /** Lets the runs and calls end that a future is made of, then tells whoever waits for the rest. */
  private async endWait(future: Progressing): Promise<void> {
    if (this.isExplicit || this.reason === 'deadline') {
      const calls = this.unsettled().filter(isCall);
      for (const { invocationId } of calls) await this.progress(new Watched(invocationId as never, []));
      if (this.aborted) return;
      await this.cancel(calls);
    }
    await this.progress(new Watched(future, [], this.started));
    if (this.aborted || future.unresolvedFuture() === null) return;
    this.phase = 'open';
    future.tryCancel();
  }

  private async cancel(calls: readonly CallFuture[]): Promise<void> {
    for (const { invocationId } of calls) this.ctx.cancel(await invocationId);
  }

  private interrupt(cause: InterruptionCause): void {
    this.reason ??= cause;
    this.phase = 'interrupted';
    if (cause === 'deadline') this.deadline = undefined;
    this.cancellation = undefined;
  }

  /** What ends a wait besides its own future. */
  private signals(): SingleFuture[] {
    if (this.isExplicit) this.cancellation ??= this.ctx.cancellation();
    return [this.deadline, this.cancellation].filter((signal) => signal !== undefined);
  }

  private signalled(): InterruptionCause | undefined {
    if (this.cancellation?.isCompleted()) return 'cancelled';
    return this.deadline?.isCompleted() ? 'deadline' : undefined;
  }

  private unsettled(): SingleFuture[] {
    return [...this.started.values()].filter((future) => !future.isCompleted());
  }

  /** Nothing new is started by code that does not know yet that it is interrupted. */
  private refuseWhenInterrupted(): void {
    if (this.phase !== 'interrupted') return;
    this.phase = 'open';
    throw new CancelledError();
  }

  private followRuns(): void {
    const { ctx } = this;
    const run = ctx.run.bind(ctx) as (...args: unknown[]) => RestatePromise<unknown>;
    const followed = (...args: unknown[]) => {
      this.refuseWhenInterrupted();
      const options = args.at(-1) as RunOptions<unknown>;
      const isLimited = options.maxRetryAttempts !== undefined || options.maxRetryDuration !== undefined;
      const follow = (arg: unknown) => (typeof arg === 'function' ? this.withoutRetry(arg as never, isLimited) : arg);
      return this.follow(run(...args.map(follow)));
    };
    Object.defineProperty(ctx, 'run', { value: followed, configurable: true, writable: true });
  }

  private followCalls(): void {
    const { ctx } = this;
    const call = ctx.genericCall.bind(ctx);
    const followed = <I, O>(given: GenericCall<I, O>) => {
      this.refuseWhenInterrupted();
      // The SDK would cancel the callee of an ordinary call, whatever the caller does.
      if (this.phase === 'shielded' && !this.isExplicit) return sentCall(ctx, given, (this.calls += 1));
      return this.follow(call(given));
    };
    Object.defineProperty(ctx, 'genericCall', { value: followed, configurable: true, writable: true });
  }

  private follow<T extends RestatePromise<unknown>>(future: T): T {
    const { handle } = future as unknown as SingleFuture;
    if (handle !== undefined) this.started.set(handle, future as unknown as SingleFuture);
    return future;
  }

  /** A run that fails while the invocation is being interrupted has failed for good. */
  private withoutRetry(action: () => unknown, isLimited: boolean): () => Promise<unknown> {
    return async () => {
      try {
        return await action();
      } catch (error) {
        const isFinal = this.settling || (this.phase === 'shielded' ? !isLimited : this.reason !== undefined);
        if (!isFinal || asTerminalError(error)) throw error;
        throw new TerminalError(error instanceof Error ? error.message : String(error), { errorCode: 500 });
      }
    };
  }
}

function isCall(future: SingleFuture): future is SingleFuture & CallFuture {
  return 'invocationId' in future;
}

/** A future as it is given to the SDK's executor: with what else ends the wait, or reduced to some of its parts. */
class Watched implements Progressing {
  isCancelled = false;

  constructor(
    private readonly future: Progressing,
    private readonly signals: readonly SingleFuture[],
    private readonly parts?: ReadonlyMap<number, unknown>,
  ) {}

  async tryComplete(): Promise<void> {
    await this.future.tryComplete();
    for (const signal of this.signals) await signal.tryComplete();
  }

  unresolvedFuture(): Unresolved | null {
    const unresolved = this.future.unresolvedFuture();
    if (unresolved === null || this.signals.some((signal) => signal.isCompleted())) return null;
    if (this.parts) return partsOf(unresolved, this.parts);
    if (this.signals.length === 0) return unresolved;
    return { FirstCompleted: [unresolved, ...this.signals.map(({ handle }) => ({ Single: handle }))] };
  }

  tryCancel(): void {
    this.isCancelled = true;
  }
}

function partsOf(unresolved: Unresolved, parts: ReadonlyMap<number, unknown>): Unresolved | null {
  const handles = singlesOf(unresolved).filter((handle) => parts.has(handle));
  return handles.length === 0 ? null : { AllCompleted: handles.map((handle) => ({ Single: handle })) };
}

function singlesOf(unresolved: Unresolved): number[] {
  if ('Single' in unresolved) return [unresolved.Single as number];
  return Object.values(unresolved as Readonly<Record<string, readonly Unresolved[]>>)
    .flat()
    .flatMap(singlesOf);
}
