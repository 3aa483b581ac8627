import type { Context } from '@restatedev/restate-sdk';
import { type Attempt, currentScope } from '../../invocation/attempt.js';
import { type DurableFuture, executorOf, type ProgressExecutor } from './progress-executor.js';

const AWAITED = Symbol('rea.awaited-future');

interface Watched extends ProgressExecutor {
  /** The future that somebody waits for. */
  [AWAITED]?: DurableFuture | undefined;
}

type Progress = (this: ProgressExecutor, future: DurableFuture) => Promise<void>;

/** The SDK's own ways to progress, by the prototype of the executor that is watched. */
const unwatched = new WeakMap<object, Progress>();

/**
 * Reports native code that waits for two durable futures at once: `Promise.all`, `Promise.race`, async functions side by
 * side. The SDK lets one future progress at a time, and aborts the attempt when a second one has to wait, too.
 *
 * The executor's class is changed, once: most attempts wait for nothing, and pay nothing then.
 */
export function watchNativePromises(ctx: Context): void {
  const executor = executorOf(ctx);
  if (!executor) return;
  const prototype = prototypeOf(executor);
  if (unwatched.has(prototype)) return;
  const { doProgress } = prototype;
  unwatched.set(prototype, doProgress);
  prototype.doProgress = function (this: Watched, future) {
    const attempt = currentScope()?.attempt;
    if (attempt?.handler.policy.watchesPromises) watchWait(this, future, attempt);
    return doProgress.call(this, future);
  };
}

/** Lets the guardrail fire before branches start, which wait by themselves. @throws PolicyViolationError when it refuses */
export function checkNativeWaits(ctx: Context): void {
  const executor: Watched | undefined = executorOf(ctx);
  const attempt = currentScope()?.attempt;
  if (executor && attempt) check(executor, attempt);
}

/** Makes a future progress for who waits for several on purpose. */
export function progressUnwatched(executor: ProgressExecutor, future: DurableFuture): Promise<void> {
  const prototype = prototypeOf(executor);
  return (unwatched.get(prototype) ?? prototype.doProgress).call(executor, future);
}

function watchWait(executor: Watched, future: DurableFuture, attempt: Attempt): void {
  if (isOpen(future)) check(executor, attempt);
  executor[AWAITED] = future;
  // Whoever is told of a cancellation may wait for the next future before the SDK is done with this one.
  const cancel = future.tryCancel.bind(future);
  const forget = () => {
    executor[AWAITED] = undefined;
    cancel();
  };
  // Not in one: see cancel-hook.ts.
  future.tryCancel = forget;
}

function prototypeOf(executor: ProgressExecutor): { doProgress: Progress } {
  return Object.getPrototypeOf(executor) as { doProgress: Progress };
}

function check(executor: Watched, attempt: Attempt): void {
  const awaited = executor[AWAITED];
  if (awaited !== undefined && isOpen(awaited)) {
    attempt.report('native-promise', 'A durable future awaited while another one is');
  }
}

function isOpen(future: DurableFuture): boolean {
  return future.unresolvedFuture() !== null;
}
