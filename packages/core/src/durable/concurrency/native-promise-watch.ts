import { setImmediate as drained } from 'node:timers/promises';
import type { Context } from '@restatedev/restate-sdk';
import { type Attempt, currentScope } from '../../invocation/attempt.js';
import { giveUp } from '../given-up.js';
import { Section } from '../section.js';
import { classToChange } from '../class-with.js';
import { partsOf, singlesOf, type Unresolved } from '../watched-future.js';
import { type DurableFuture, executorOf, type ProgressExecutor } from './progress-executor.js';

const AWAITED = Symbol('rea.awaited-future');
const WAITING = Symbol('rea.waiting-section');

/** Futures that were told of a cancellation, so that who waits for them goes on although they are open. Few are. */
const cancelled = new WeakSet<DurableFuture>();

/** On the classes of futures that tell when they are cancelled. */
const FOLLOWED = Symbol('rea.follows-waits');

/** The wait of code that does not go on. */
const NEVER = new Promise<never>(() => undefined);

interface Watched extends ProgressExecutor {
  /** The future that somebody waits for. */
  [AWAITED]?: AwaitedFuture | undefined;
  /** The code that waits for it. */
  [WAITING]?: Section | undefined;
}

interface AwaitedFuture extends DurableFuture {
  readonly [FOLLOWED]?: true;
  /** The SDK's own: ends when the future makes no progress any more. Without it, the next wait makes it progress. */
  pollingPromise?: Promise<void> | undefined;
}

type Progress = (this: ProgressExecutor, future: DurableFuture) => Promise<void>;

/** The SDK's own ways to progress, by the prototype of the executor that is watched. */
const unwatched = new WeakMap<object, Progress>();

/**
 * Follows what code of an attempt waits for: so that what it does not await is known, and
 * reports native code that waits for two durable futures at once: `Promise.all`, `Promise.race`, async functions side by
 * side. The SDK lets one future progress at a time, and aborts the attempt when a second one has to wait, too.
 *
 * The executor's class is changed, once: most attempts wait for nothing, and pay nothing then.
 */
export function watchWaits(ctx: Context): void {
  const executor = executorOf(ctx);
  if (!executor) return;
  const prototype = prototypeOf(executor);
  if (unwatched.has(prototype)) return;
  const { doProgress } = prototype;
  unwatched.set(prototype, doProgress);
  prototype.doProgress = function (this: Watched, future) {
    const attempt = currentScope()?.attempt;
    if (attempt) {
      if (!(future as AwaitedFuture)[FOLLOWED]) followClassOf(future);
      if (attempt.hasClosed && Section.current?.some(({ isClosed }) => isClosed)) return NEVER;
      attempt.work?.await(future);
      if (attempt.handler.policy.watchesPromises && !watchWait(this, future, attempt)) return NEVER;
    }
    return doProgress.call(this, future);
  };
}

/** Lets the guardrail fire before branches start, which wait by themselves. @throws PolicyViolationError when it refuses */
export function checkNativeWaits(ctx: Context): void {
  const executor: Watched | undefined = executorOf(ctx);
  const attempt = currentScope()?.attempt;
  if (executor && attempt) check(executor, attempt);
}

/**
 * Until no code that nobody awaits waits for something durable. Runs and calls that it waits for are let end. Anything
 * else, a sleep, an awakeable, a promise, may never end: code of the closed section waits for it no longer, and does not go
 * on. To be called before durable work that takes place beside such code.
 *
 * @param isWork whether a notification, by its handle, is the end of a run or a call
 */
export async function untilNoneWaits(
  ctx: Context,
  closed: Section,
  isWork: (handle: number) => boolean,
): Promise<void> {
  const executor: Watched | undefined = executorOf(ctx);
  for (let awaited = executor?.[AWAITED]; awaited && holds(awaited); awaited = executor?.[AWAITED]) {
    const endsByItself = singlesOf(awaited.unresolvedFuture() as Unresolved).every(isWork);
    if (endsByItself || !closed.contains(executor?.[WAITING]) || !executor?.externalProgressChannel) {
      // Its own awaiter makes it progress.
      await awaited.publicPromise().then(nothing, nothing);
    } else if (await endWait(executor, awaited, isWork)) {
      executor[AWAITED] = undefined;
    }
    await drained();
  }
}

/** Lets the runs and calls end that a future is made of, then lets it progress no further. Whether it is given up. */
async function endWait(
  executor: Watched,
  awaited: AwaitedFuture,
  isWork: (handle: number) => boolean,
): Promise<boolean> {
  const unresolvedFuture: () => unknown = Reflect.get(awaited, 'unresolvedFuture');
  awaited.unresolvedFuture = () => {
    const unresolved = unresolvedFuture.call(awaited) as Unresolved | null;
    return unresolved && partsOf(unresolved, isWork);
  };
  executor.externalProgressChannel?.signal();
  await awaited.pollingPromise;
  awaited.unresolvedFuture = unresolvedFuture;
  awaited.pollingPromise = undefined;
  if (!isOpen(awaited)) return false;
  giveUp(awaited);
  return true;
}

/** Makes a future progress for who waits for several on purpose. */
export function progressUnwatched(executor: ProgressExecutor, future: DurableFuture): Promise<void> {
  const prototype = prototypeOf(executor);
  return (unwatched.get(prototype) ?? prototype.doProgress).call(executor, future);
}

/** Whether the wait may begin. */
function watchWait(executor: Watched, future: AwaitedFuture, attempt: Attempt): boolean {
  if (executor[AWAITED] !== undefined && isOpen(future) && !admits(executor, attempt)) return false;
  executor[AWAITED] = future;
  executor[WAITING] = Section.current;
  cancelled.delete(future);
  return true;
}

/**
 * It cannot be seen whether anybody awaits the code that waits here: a rejection that nobody awaits would end the process.
 * So the invocation fails, and none of its code goes on. Only a saga is thrown the error, since it has something to undo.
 */
function admits(executor: Watched, attempt: Attempt): boolean {
  if (Section.failing) {
    check(executor, attempt);
    return true;
  }
  try {
    check(executor, attempt);
    return true;
  } catch (refusal) {
    attempt.fail(refusal);
    return false;
  }
}

/** Whoever is told of a cancellation may wait for the next future before the SDK is done with this one. */
function followClassOf(future: AwaitedFuture): void {
  const owner = classToChange<Pick<AwaitedFuture, 'tryCancel'>>('tryCancel', future, FOLLOWED);
  if (!owner) return;
  const tryCancel: AwaitedFuture['tryCancel'] = Reflect.get(owner, 'tryCancel');
  owner.tryCancel = function (this: AwaitedFuture, ...args) {
    cancelled.add(this);
    giveUp(this);
    tryCancel.apply(this, args);
  };
}

function prototypeOf(executor: ProgressExecutor): { doProgress: Progress } {
  return Object.getPrototypeOf(executor) as { doProgress: Progress };
}

function check(executor: Watched, attempt: Attempt): void {
  const awaited = executor[AWAITED];
  if (awaited !== undefined && holds(awaited)) {
    attempt.report('native-promise', 'A durable future awaited while another one is');
  }
}

/** Whether it keeps others from waiting. */
function holds(awaited: AwaitedFuture): boolean {
  return isOpen(awaited) && !cancelled.has(awaited);
}

function nothing(): void {}

function isOpen(future: DurableFuture): boolean {
  return future.unresolvedFuture() !== null;
}
