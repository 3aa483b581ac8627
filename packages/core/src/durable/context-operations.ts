import type { Context, Duration, GenericCall, GenericSend, RestatePromise, RunOptions } from '@restatedev/restate-sdk';
import { ATTEMPT, type Attempt, type InAttempt } from '../invocation/attempt.js';
import type { Stretch } from '../instrumentation/instrumentation.js';
import { keepFailuresSound } from '../failures/sound-failures.js';
import { leavingRun, type TriedRun } from '../failures/run-try.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { observedRun } from '../invocation/observed-run.js';
import { classToChange } from './class-with.js';
import { isAcceptedDuration } from './checked-duration.js';
import { watchCancels } from './received-cancel.js';
import { refuseBeforeRollback } from './replayed-rollback.js';
import type { Section } from './section.js';
import type { SingleFuture } from './watched-future.js';

/** A run's closure. */
export type RunClosure = () => unknown;

/** A call or a message, as a context is given it. */
export type Given = GenericCall<unknown, unknown> | GenericSend<unknown>;

type Call = GenericCall<unknown, unknown>;
type CallFuture = ReturnType<Context['genericCall']>;

/** Decides what becomes of the runs and calls of a context. */
export interface OperationControl {
  /** One is about to start. Gives the part of the code that starts it. @throws to refuse it */
  admit(): Section | undefined;
  /** Makes a call in another way than the context would; undefined when it does not. */
  divert(call: Call, section: Section | undefined): CallFuture | undefined;
  /** One has started. */
  started(future: RestatePromise<unknown>, section: Section | undefined): void;
  /** Whether a run that fails now, with an error that is not terminal, is not tried again. */
  isLastTry(section: Section | undefined, options: RunOptions<unknown> | undefined): boolean;
}

/** Tells of what is done. */
export interface OperationWatch {
  /** A run that has a name starts. Gives what each try of its closure begins with. */
  run(name: string): () => Stretch;
  /** A call is made, or a message sent. */
  called(verb: 'call' | 'send', given: Given): void;
}

const CONTROL = Symbol('rea.operation-control');

const WATCH = Symbol('rea.operation-watch');

/** Types of entries, as the SDK numbers them. */
const SEND_SIGNAL = 13;
const CANCEL_INVOCATION = 18;

/** On the classes of contexts that are followed. */
const FOLLOWED = Symbol('rea.follows-operations');

interface Operations {
  run: (
    this: Followed,
    nameOrClosure: string | RunClosure,
    closure?: RunClosure,
    options?: RunOptions<unknown>,
  ) => RestatePromise<unknown>;
  genericCall: (this: Followed, call: Call) => CallFuture;
  genericSend: (this: Followed, send: GenericSend<unknown>) => ReturnType<Context['genericSend']>;
  sleep: (this: Followed, duration: Duration | number, name?: string) => RestatePromise<void>;
}

/** How the SDK's contexts write the entries of a journal that are neither a run nor a call. */
interface Entries {
  processCompletableEntry(this: Followed, type: number, ...args: unknown[]): unknown;
  processNonCompletableEntry(this: Followed, type: number, ...args: unknown[]): void;
}

interface Followed extends Operations, Partial<InAttempt>, Pick<Context, 'request'> {
  [CONTROL]?: OperationControl;
  [WATCH]?: OperationWatch;
  readonly [FOLLOWED]?: true;
  /** Fakes have none. */
  readonly coreVm?: object;
}

export function controlOperations(ctx: Context, control: OperationControl): void {
  followOperations(ctx);
  (ctx as unknown as Followed)[CONTROL] = control;
}

export function watchOperations(ctx: Context, watch: OperationWatch): void {
  followOperations(ctx);
  (ctx as unknown as Followed)[WATCH] = watch;
}

/**
 * Observes the runs of an attempt's context, whoever starts them, lets its operations be controlled and watched, and refuses
 * durations that are none. The context's class is changed, once: each attempt would pay for functions of its own.
 */
export function followOperations(ctx: Context): void {
  const context = ctx as unknown as Followed;
  const owner = context[FOLLOWED] ? undefined : classToChange<Operations>('run', context, FOLLOWED);
  if (!owner) return;
  if (context.coreVm) {
    keepFailuresSound(context.coreVm);
    watchCancels(context.coreVm);
  }
  const { run, genericCall, genericSend, sleep } = owner;
  followEntries(owner as Partial<Entries>);
  owner.run = function (nameOrClosure, second, options) {
    const { [ATTEMPT]: attempt, [CONTROL]: control, [WATCH]: watch } = this;
    const isNamed = typeof nameOrClosure === 'string';
    const own = isNamed ? second : nameOrClosure;
    if (options) checkRetry(this, isNamed ? nameOrClosure : '', options);
    refuseBeforeRollback(this.coreVm);
    // What is no run is the SDK's to refuse; a handler that is not Rea's is only followed by who controls it.
    if (typeof own !== 'function' || (!attempt && !control)) return run.call(this, nameOrClosure, second, options);
    const section = control?.admit();
    const name = isNamed ? nameOrClosure : '';
    const begin = name === '' ? undefined : watch?.run(name);
    const { id: invocationId } = attempt?.request ?? this.request();
    const work: TriedRun = { invocationId, name, handle: undefined, limit: options?.maxRetryAttempts };
    const failure = (thrown: unknown) =>
      leavingRun(thrown, work, attempt?.handler.asTerminalError ?? asTerminalError, () =>
        Boolean(control?.isLastTry(section, options)),
      );
    const tried = () => (attempt ? observedRun(attempt, work, own, begin, failure) : unobservedRun(own, failure));
    const future = isNamed ? run.call(this, name, tried, options) : run.call(this, tried);
    work.handle = (future as Partial<SingleFuture>).handle;
    control?.started(future, section);
    if (attempt)
      noteStart(attempt, 'unawaited', future, name === '' ? 'a run without a name' : `the run "${name}"`, section);
    return future;
  };
  owner.genericCall = function (call) {
    const { [ATTEMPT]: attempt, [CONTROL]: control } = this;
    refuseBeforeRollback(this.coreVm);
    const section = control?.admit();
    let future = control?.divert(call, section);
    if (!future) {
      this[WATCH]?.called('call', call);
      future = genericCall.call(this, call);
    }
    control?.started(future, section);
    if (attempt) noteStart(attempt, 'unawaited-call', future, call, section);
    return future;
  };
  owner.genericSend = function (send) {
    const { delay } = send;
    const isAccepted =
      delay === undefined ||
      isAcceptedDuration(this, delay, () => `The delay of a message to ${send.service}/${send.method}`);
    refuseBeforeRollback(this.coreVm);
    this[WATCH]?.called('send', send);
    return genericSend.call(this, isAccepted ? send : { ...send, delay: 0 });
  };
  owner.sleep = function (duration, name) {
    const isAccepted = isAcceptedDuration(this, duration, () =>
      name === undefined ? 'A sleep' : `The sleep "${name}"`,
    );
    return sleep.call(this, isAccepted ? duration : 0, name);
  };
}

/** Sleeps, state, promises and signals are entries of the journal as runs and calls are. */
function followEntries(owner: Partial<Entries>): void {
  const { processCompletableEntry, processNonCompletableEntry } = owner;
  if (processCompletableEntry) {
    owner.processCompletableEntry = function (type, ...args) {
      refuseBeforeRollback(this.coreVm);
      return processCompletableEntry.call(this, type, ...args);
    };
  }
  if (processNonCompletableEntry) {
    owner.processNonCompletableEntry = function (type, ...args) {
      refuseBeforeRollback(this.coreVm, type === SEND_SIGNAL || type === CANCEL_INVOCATION);
      processNonCompletableEntry.call(this, type, ...args);
    };
  }
}

function checkRetry(context: Followed, name: string, options: RunOptions<unknown>): void {
  const { initialRetryInterval, maxRetryInterval, maxRetryDuration } = options;
  const check = (what: string, duration: Duration | number | undefined) =>
    duration === undefined || isAcceptedDuration(context, duration, () => `The ${what} of the run "${name}"`);
  check('initial retry interval', initialRetryInterval);
  check('longest retry interval', maxRetryInterval);
  check('retry duration', maxRetryDuration);
}

/** For the guardrails on what nobody awaits. */
function noteStart(
  attempt: Attempt,
  rule: 'unawaited' | 'unawaited-call',
  future: RestatePromise<unknown>,
  what: string | Call,
  section: Section | undefined,
): void {
  const work = attempt.openWork();
  // What could not be started, since the attempt ends, has no handle.
  if (!work || (future as Partial<SingleFuture>).handle === undefined) return;
  const mode = attempt.handler.policy.modeOf(rule);
  if (mode !== 'disabled') work.add(future as SingleFuture, what, mode, section);
}

/** As {@link observedRun}, in a handler that is not Rea's. */
async function unobservedRun(closure: RunClosure, failure: (thrown: unknown) => Error): Promise<unknown> {
  try {
    return await closure();
  } catch (error) {
    throw failure(error);
  }
}
