import type { Context, internal, Request } from '@restatedev/restate-sdk';
import { Ambient, type AmbientValue } from '../ambient.js';
import type { NameScope } from '../clients/namespace.js';
import type { AttemptOutcome, HandlerInfo, ReaEventMap, ReaEventType } from '../events/rea-event.js';
import type { RuleId } from '../policy/policy.types.js';
import { OpenWork } from '../durable/open-work.js';
import type { HandlerScope } from './handler-scope.js';
import { JournaledEffects } from './journaled-effects.js';

/** Outcomes that end the invocation. */
const FINAL: ReadonlySet<AttemptOutcome> = new Set(['completed', 'failed', 'cancelled']);

/** Where a context that Rea has seen keeps its attempt: cheaper than a `WeakMap`, for the collector above all. */
export const ATTEMPT = Symbol('rea.attempt');

/** The SDK's way to end an attempt, which no type shows. */
interface Abortable {
  abortAttempt(error: unknown): void;
}

/** A context that knows its attempt. */
export interface InAttempt {
  [ATTEMPT]: Attempt;
}

/**
 * One attempt of one invocation: the ambient scope that clients and helpers find themselves in. It lives from the first
 * hook to the end of the attempt; whatever outlives the attempt finds it inactive.
 */
export class Attempt {
  /** False once the attempt has ended; its context is dead then. */
  active = true;
  /** Whether its journal held more than the input when it began. */
  replays = false;
  /**
   * What its idempotency keys are made of. A copy that was restarted from a killed invocation has the id of that one, so
   * that what it does again is recognised.
   */
  identity: string;
  /** Called before each closure of a run. */
  beforeRun: (() => Promise<void>) | undefined;

  /** How it ended; undefined while it runs. */
  outcome: AttemptOutcome | undefined;

  /** What {@link fail} was given first. */
  failure: { readonly error: unknown } | undefined;
  /** What it has started; undefined when nothing was, or no guardrail asks. */
  work: OpenWork | undefined;
  /** Some section of its code is closed. */
  hasClosed = false;
  /** A guardrail has refused something; perhaps in code that nobody awaits. */
  hasRefused = false;

  private context: Context | undefined;
  private told: HandlerInfo | undefined;
  private isPastJournal = false;
  private effects: JournaledEffects | undefined;
  private runCounts: Map<string, number> | undefined;
  private callCount = 0;

  constructor(
    readonly handler: HandlerScope,
    readonly request: Request,
  ) {
    this.identity = request.id;
  }

  /** What its events say about it. */
  get info(): HandlerInfo {
    return (this.told ??= this.describe());
  }

  /** Whether the code does something new, that is nothing that the journal holds already. Once it does, it stays so. */
  get advances(): boolean {
    return (this.isPastJournal ||= this.asksPastJournal());
  }

  /** It has ended and the invocation has not, or was killed: what it still does reaches no journal. */
  get isLost(): boolean {
    return this.outcome === undefined ? this.request.attemptCompletedSignal.aborted : !FINAL.has(this.outcome);
  }

  /** Whether its context answers nothing once it has ended. A fake goes on. */
  get swallowsLateUse(): boolean {
    return this.context !== undefined && 'abortAttempt' in this.context;
  }

  /** The handler, for messages: `Cart/addItem`. */
  get place(): string {
    return this.handler.place;
  }

  /** What stands in the names of the components that its clients call. */
  get names(): NameScope {
    return this.handler.names;
  }

  /** The SDK's own context, unguarded. */
  get ctx(): Context {
    if (!this.context) throw new Error(`The attempt of ${this.place} has no context yet.`);
    return this.context;
  }

  /** As {@link ctx}; undefined before the handler was called. */
  get boundContext(): Context | undefined {
    return this.context;
  }

  /** Connects the attempt with the SDK's own context. */
  bind(ctx: Context & Partial<InAttempt>): void {
    this.context = ctx;
    ctx[ATTEMPT] = this;
  }

  /** How often a run of this name was started in this attempt, this one included. Deterministic across replays. */
  nextRun(name: string): number {
    this.runCounts ??= new Map();
    const count = (this.runCounts.get(name) ?? 0) + 1;
    this.runCounts.set(name, count);
    return count;
  }

  /** How many calls and messages were started in this attempt, this one included. Deterministic across replays. */
  nextCall(): number {
    this.callCount += 1;
    return this.callCount;
  }

  /** Where to note what is started; undefined when no guardrail asks. */
  openWork(): OpenWork | undefined {
    return this.handler.policy.watchesAwaits ? (this.work ??= new OpenWork()) : undefined;
  }

  /** Ends the attempt: its context is dead from now on. */
  end(outcome: AttemptOutcome): void {
    this.active = false;
    this.outcome = outcome;
    this.effects?.end(FINAL.has(outcome));
  }

  /** Does something once the journal has gone past the calling code, if that is not so already. */
  onceJournaled(effect: () => void): void {
    if (!this.context) effect();
    else if (this.active && this.advances) (this.effects ??= new JournaledEffects(this.context)).add(effect);
  }

  /** Publishes what the handler is about to do, unless it is done again on a replay. */
  tell<T extends ReaEventType>(type: T, details: () => Omit<ReaEventMap[T], keyof HandlerInfo>): void {
    const { events } = this.handler;
    if (!events.observes(type) || !this.advances) return;
    events.publish(type, () => ({ ...this.info, ...details() }) as ReaEventMap[T]);
  }

  /**
   * Lets a guardrail fire at this handler.
   *
   * @param deed what is the same each time, when `what` is not
   * @throws PolicyViolationError when the policy refuses.
   */
  report(rule: RuleId, what: string, deed = what): void {
    const { place, request, advances } = this;
    try {
      this.handler.policy.report(rule, { place, what, deed, invocationId: request.id, isReplayed: !advances });
    } catch (refusal) {
      this.hasRefused = true;
      throw refusal;
    }
  }

  /**
   * Ends the attempt from outside of the code that runs in it, which then does not go on at its next durable await: for
   * failures in code that nobody awaits. A terminal error fails the invocation, any other one is retried.
   */
  fail(error: unknown): void {
    this.failure ??= { error };
    (this.context as Partial<Abortable> | undefined)?.abortAttempt?.(error);
  }

  private asksPastJournal(): boolean {
    if (!this.context || !this.active) return !this.replays;
    const { isProcessing } = this.context as Partial<internal.ContextInternal>;
    return isProcessing === undefined || isProcessing.call(this.context); // fakes have no journal
  }

  private describe(): HandlerInfo {
    const { id: invocationId, target } = this.request;
    const { component: service, plane } = this.handler;
    return { invocationId, service, handler: target.handler, key: target.key, plane };
  }
}

/** Where code is running: in an attempt, and perhaps inside one of its run closures. */
export interface Scope {
  readonly attempt: Attempt;
  /** Where durable operations are refused: `the run "charge"`, `a guard`. Undefined in handler code. */
  readonly closed?: string;
  /** Whether the handler's own method runs, not what stands around it: interceptors, pipes, filters, SDK hooks. */
  inMethod?: boolean;
  /** The name of the run whose closure is being tried. */
  readonly tries?: string;
  /** What is done when this try of the closure has succeeded. */
  effects?: (() => void)[];
}

const ambient = new Ambient<Scope>();

/** The scope of the calling code; undefined outside handlers. */
export function currentScope(): Scope | undefined {
  return ambient.current;
}

/** Runs a function, and everything it starts, in a scope. */
export function withScope<T>(scope: Scope, fn: () => T): T {
  return ambient.run(scope, fn);
}

/**
 * Makes a scope that of the calling code, from here on: of the rest of its task, and of everything that it starts.
 *
 * @param beside what else the code is within from here on
 */
export function enterScope(scope: Scope, beside?: AmbientValue): void {
  ambient.enter(scope, beside);
}

/** Runs a handler's own method, and everything it starts, in a scope of its own: interceptors go on around it. */
export function inMethod<T>(fn: () => T): T {
  const scope = ambient.current;
  return scope ? ambient.run({ ...scope, inMethod: true }, fn) : fn();
}

/** The handler's own method has returned: what follows in its scope stands around it again. */
export function leaveMethod(): void {
  const scope = ambient.current;
  if (scope) scope.inMethod = false;
}

/** The attempt that a context belongs to; undefined for contexts that Rea did not hand out. */
export function attemptOf(ctx: Context): Attempt | undefined {
  const attempt = (ctx as Partial<InAttempt> | undefined)?.[ATTEMPT];
  // A mock may answer any property.
  return attempt instanceof Attempt ? attempt : undefined;
}

/** Reports `context-in-run` when the calling code runs where nothing can be journaled: a run closure, a guard. */
export function refuseInRun(what: string): void {
  const scope = ambient.current;
  if (scope?.closed !== undefined) scope.attempt.report('context-in-run', `${what} inside ${scope.closed}`);
}

/** Runs code of an attempt in which durable operations are refused. @param where for the message: `a guard` */
export function withoutDurableOperations<T>(where: string, fn: () => T): T {
  const scope = ambient.current;
  return scope ? ambient.run({ attempt: scope.attempt, closed: where }, fn) : fn();
}
