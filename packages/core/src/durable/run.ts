import type { Context, Duration, RestatePromise, RunOptions as SdkRunOptions, Serde } from '@restatedev/restate-sdk';
import { attemptOf } from '../invocation/attempt.js';
import type { Journaled } from './journaled.js';

/** What a run's closure is given. It has no durable context: a closure is skipped on replay. */
export interface RunContext {
  /**
   * The same on every retry and replay of this run, in every process, and unique per invocation and run: pass it to the
   * system you call, so that a retried call is recognised there.
   */
  readonly idempotencyKey: string;
  /** Aborted when the attempt ends (also by suspension, kill or a lost connection): stop what is going on. */
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
 * @throws TerminalError what the closure threw as terminal, or when its retries are exhausted
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
  const { id, attemptCompletedSignal } = ctx.request();
  const count = attemptOf(ctx)?.nextRun(name) ?? 1;
  const runContext: RunContext = { idempotencyKey: `${id}/${name}/${count}`, signal: attemptCompletedSignal };
  return ctx.run(name, async () => action(runContext), toSdkOptions(options));
}

function toSdkOptions<T>({ retry = {}, serde }: RunOptions & { readonly serde?: Serde<T> }): SdkRunOptions<T> {
  const options: SdkRunOptions<T> = {};
  if (serde) options.serde = serde;
  if (retry.maxAttempts !== undefined) options.maxRetryAttempts = retry.maxAttempts;
  if (retry.maxDuration !== undefined) options.maxRetryDuration = retry.maxDuration;
  if (retry.initialInterval !== undefined) options.initialRetryInterval = retry.initialInterval;
  if (retry.maxInterval !== undefined) options.maxRetryInterval = retry.maxInterval;
  if (retry.factor !== undefined) options.retryIntervalFactor = retry.factor;
  return options;
}
