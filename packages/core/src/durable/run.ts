import {
  type Context,
  type Duration,
  type RestatePromise,
  type RunOptions as SdkRunOptions,
  type Serde,
} from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import { admitRun } from '../invocation/guarded-context.js';
import { keepPolicy } from '../policy/with-policy.js';
import { onCancel } from './cancel-hook.js';
import { Cancellation } from './cancellation.js';
import { isAcceptedDuration } from './checked-duration.js';
import { LONGEST_TIMER, toMillis } from './duration.js';
import { defaultSerde, journalBytes, passOn } from './journal-value.js';
import type { Journaled } from './journaled.js';

/** What a run's closure is given. It has no durable context: a closure is skipped on replay. */
export interface RunContext {
  /**
   * The same on every retry and replay of this run, in every process, and unique per invocation and run: pass it to the
   * system you call, so that a retried call is recognised there.
   */
  readonly idempotencyKey: string;
  /**
   * Aborted when the invocation is cancelled, when a deadline around the run passes, when the run's timeout is over, and
   * when the attempt ends (also by suspension, kill or a lost connection). Pass it on: what does not listen goes on in the
   * background. In a step of a saga a cancellation does not abort it: the saga waits for the effect, to undo it.
   */
  readonly signal: AbortSignal;
}

/** When a run that throws is tried again. Durations in milliseconds, or as `{ seconds: 5 }`. */
export interface RunRetry {
  /** Attempts in all, the first included. Default: no limit. Then the run throws a `TerminalError`. */
  readonly maxAttempts?: number;
  /** Time in all. Default: no limit. */
  readonly maxDuration?: Duration | number;
  /** Wait before the second attempt. Default 50 ms. */
  readonly initialInterval?: Duration | number;
  /** Longest wait. Default 10 s. */
  readonly maxInterval?: Duration | number;
  /** Growth of the wait. Default 2. */
  readonly factor?: number;
}

export interface RunOptions {
  /** Default: the invocation's own retry policy, without a limit of the run's. */
  readonly retry?: RunRetry;
  /**
   * Longest time for one try, in milliseconds or as `{ seconds: 5 }`; then the signal is aborted, and the try has failed
   * with an ordinary, retryable error. At most 24.8 days. Default: none.
   */
  readonly timeout?: Duration | number;
}

/** {@link RunOptions} with a format other than JSON, which keeps the value's type. */
export interface RunOptionsWithSerde<T> extends RunOptions {
  readonly serde: Serde<T>;
}

/**
 * Runs a side effect once and journals its result: a replay gives the journaled result and does not run the closure.
 * It may run again only if the process dies after the effect and before the result is journaled; the
 * {@link RunContext.idempotencyKey} is for that case.
 *
 * An ordinary error is retried; a `TerminalError` or a Nest 4xx exception is the result, and is thrown here.
 *
 * @param ctx the handler's context
 * @param name shown in the Restate UI, and compared on replay: keep it stable
 * @param action the side effect; its result is journaled as JSON, and typed as what JSON gives back
 * @throws TerminalError what the closure threw as terminal, or when its retries are exhausted; (500, `REA7070`) when a
 *   duration among the options is none
 * @see https://docs.restate.dev/develop/ts/durable-steps
 */
export function run<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options: RunOptionsWithSerde<T>,
): RestatePromise<T>;
export function run<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options?: RunOptions,
): RestatePromise<Journaled<T>>;
export function run<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options: RunOptions & { readonly serde?: Serde<T> } = {},
): RestatePromise<unknown> {
  return startRun(ctx, name, action, options).result;
}

/** A run as an object, for code that needs its key as well as its result. */
export interface RunHandle<T> {
  /** As the closure's {@link RunContext.idempotencyKey}. */
  readonly idempotencyKey: string;
  /** The durable future; the closure runs once something is awaited that depends on it. */
  readonly result: RestatePromise<T>;
}

/** As {@link run}, for several side effects at once: start each, then wait with `all`, `race` and so on. */
export function runAsync<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options: RunOptionsWithSerde<T>,
): RunHandle<T>;
export function runAsync<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options?: RunOptions,
): RunHandle<Journaled<T>>;
export function runAsync<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options: RunOptions & { readonly serde?: Serde<T> } = {},
): RunHandle<unknown> {
  return startRun(ctx, name, action, options);
}

function startRun<T>(
  ctx: Context,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  options: RunOptions & { readonly serde?: Serde<T> },
): RunHandle<T> {
  const format = options.serde ?? defaultSerde<T>(ctx);
  const timeout = options.timeout === undefined ? undefined : timeoutOf(ctx, name, options.timeout);
  const attempt = attemptOf(ctx);
  const { id, attemptCompletedSignal } = attempt?.request ?? ctx.request();
  const idempotencyKey = `${attempt?.identity ?? id}/${name}/${attempt?.nextRun(name) ?? 1}`;
  const cancellation = new Cancellation();
  const tryOnce = async () => {
    const one = new Try(idempotencyKey, attemptCompletedSignal, cancellation);
    const value = await (timeout === undefined ? action(one) : tryWithin(timeout, name, action, one));
    return journalBytes(attempt, value, format, `The result of run "${name}"`) as T;
  };
  const future = admitRun(ctx, name).run(name, keepPolicy(tryOnce), toSdkOptions(options, passOn(format)));
  return { idempotencyKey, result: onCancel(future, cancellation) };
}

/** Makes its signal when it is asked for: most closures have no use for it, and it costs more than all the rest. */
class Try implements RunContext {
  private made: AbortSignal | undefined;

  constructor(
    readonly idempotencyKey: string,
    private readonly attemptEnds: AbortSignal,
    private readonly cancellation: Cancellation,
    private readonly late?: AbortSignal,
  ) {}

  get signal(): AbortSignal {
    return (this.made ??= AbortSignal.any([
      this.attemptEnds,
      this.cancellation.signal,
      ...(this.late ? [this.late] : []),
    ]));
  }

  /** The same try, with a time limit. */
  until(late: AbortSignal): Try {
    return new Try(this.idempotencyKey, this.attemptEnds, this.cancellation, late);
  }
}

function timeoutOf(ctx: Context, name: string, timeout: Duration | number): number {
  const isAccepted = isAcceptedDuration(ctx, timeout, () => `The timeout of the run "${name}"`, {
    most: LONGEST_TIMER,
  });
  return isAccepted ? toMillis(timeout) : 0;
}

async function tryWithin<T>(
  millis: number,
  name: string,
  action: (run: RunContext) => T | Promise<T>,
  one: Try,
): Promise<T> {
  const late = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new Error(`The run "${name}" took longer than ${millis} ms.`);
    late.abort(error);
    reject(error);
  }, millis);
  try {
    return await Promise.race([action(one.until(late.signal)), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function toSdkOptions<T>({ retry = {} }: RunOptions, serde: Serde<T>): SdkRunOptions<T> {
  const options: SdkRunOptions<T> = { serde };
  if (retry.maxAttempts !== undefined) options.maxRetryAttempts = retry.maxAttempts;
  if (retry.maxDuration !== undefined) options.maxRetryDuration = retry.maxDuration;
  if (retry.initialInterval !== undefined) options.initialRetryInterval = retry.initialInterval;
  if (retry.maxInterval !== undefined) options.maxRetryInterval = retry.maxInterval;
  if (retry.factor !== undefined) options.retryIntervalFactor = retry.factor;
  return options;
}
