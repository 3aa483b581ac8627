import type { Context } from '@restatedev/restate-sdk';
import type { Attempt } from '../../invocation/attempt.js';
import { type DurableFuture, executorOf, type ProgressExecutor } from './progress-executor.js';

const CHECK = Symbol('rea.native-promise-check');

interface Watched extends ProgressExecutor {
  [CHECK]?: () => void;
}

/**
 * Reports native code that waits for two durable futures at once: `Promise.all`, `Promise.race`, async functions side by
 * side. The SDK lets one future progress at a time, and aborts the attempt when a second one has to wait, too.
 */
export function watchNativePromises(ctx: Context, attempt: Attempt): void {
  const executor: Watched | undefined = executorOf(ctx);
  if (!executor) return;
  const doProgress = executor.doProgress.bind(executor);
  let awaited: DurableFuture | undefined;
  const check = () => {
    if (awaited !== undefined && isOpen(awaited)) {
      attempt.report('native-promise', 'A durable future awaited while another one is');
    }
  };
  executor[CHECK] = check;
  executor.doProgress = (future) => {
    if (awaited !== undefined && isOpen(awaited) && isOpen(future)) check();
    awaited = future;
    // Whoever is told of a cancellation may wait for the next future before the SDK is done with this one.
    const cancel = future.tryCancel.bind(future);
    future.tryCancel = () => {
      awaited = undefined;
      cancel();
    };
    return doProgress(future);
  };
}

/** Lets the guardrail fire before branches start, which wait by themselves. @throws PolicyViolationError when it refuses */
export function checkNativeWaits(ctx: Context): void {
  const executor: Watched | undefined = executorOf(ctx);
  executor?.[CHECK]?.();
}

function isOpen(future: DurableFuture): boolean {
  return future.unresolvedFuture() !== null;
}
