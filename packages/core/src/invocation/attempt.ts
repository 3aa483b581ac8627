import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, Request } from '@restatedev/restate-sdk';
import type { RuleId } from '../policy/policy.types.js';
import type { HandlerScope } from './handler-scope.js';

/** Where a context that Rea has seen keeps its attempt: cheaper than a `WeakMap`, for the collector above all. */
export const ATTEMPT = Symbol('rea.attempt');

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

  private context: Context | undefined;
  private runCounts: Map<string, number> | undefined;
  private callCount = 0;

  constructor(
    readonly handler: HandlerScope,
    readonly request: Request,
  ) {
    this.identity = request.id;
  }

  /** The handler, for messages: `Cart/addItem`. */
  get place(): string {
    return this.handler.place;
  }

  /** Put before the names of the components that its clients call. */
  get namespace(): string | undefined {
    return this.handler.namespace;
  }

  /** The SDK's own context, unguarded. */
  get ctx(): Context {
    if (!this.context) throw new Error(`The attempt of ${this.place} has no context yet.`);
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

  /**
   * Lets a guardrail fire at this handler.
   *
   * @param deed what is the same each time, when `what` is not
   * @throws PolicyViolationError when the policy refuses.
   */
  report(rule: RuleId, what: string, deed = what): void {
    this.handler.policy.report(rule, { place: this.place, what, deed, invocationId: this.request.id });
  }
}

/** Where code is running: in an attempt, and perhaps inside one of its run closures. */
export interface Scope {
  readonly attempt: Attempt;
  /** Where durable operations are refused: `the run "charge"`, `a guard`. Undefined in handler code. */
  readonly closed?: string;
  /** Whether the handler's own method runs, not what stands around it: interceptors, pipes, filters, SDK hooks. */
  inMethod?: boolean;
}

const storage = new AsyncLocalStorage<Scope>();

/** The scope of the calling code; undefined outside handlers. */
export function currentScope(): Scope | undefined {
  return storage.getStore();
}

/** Runs a function, and everything it starts, in a scope. */
export function withScope<T>(scope: Scope, fn: () => T): T {
  return storage.run(scope, fn);
}

/** Runs a handler's own method, and everything it starts, in a scope of its own: interceptors go on around it. */
export function inMethod<T>(fn: () => T): T {
  const scope = storage.getStore();
  return scope ? storage.run({ ...scope, inMethod: true }, fn) : fn();
}

/** The attempt that a context belongs to; undefined for contexts that Rea did not hand out. */
export function attemptOf(ctx: Context): Attempt | undefined {
  const attempt = (ctx as Partial<InAttempt> | undefined)?.[ATTEMPT];
  // A mock may answer any property.
  return attempt instanceof Attempt ? attempt : undefined;
}

/** Reports `context-in-run` when the calling code runs where nothing can be journaled: a run closure, a guard. */
export function refuseInRun(what: string): void {
  const scope = storage.getStore();
  if (scope?.closed !== undefined) scope.attempt.report('context-in-run', `${what} inside ${scope.closed}`);
}

/** Runs code of an attempt in which durable operations are refused. @param where for the message: `a guard` */
export function withoutDurableOperations<T>(where: string, fn: () => T): T {
  const scope = storage.getStore();
  return scope ? storage.run({ attempt: scope.attempt, closed: where }, fn) : fn();
}
