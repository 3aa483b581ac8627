import type { Context } from '@restatedev/restate-sdk';
import { Attempt, ATTEMPT, type InAttempt, refuseInRun } from './attempt.js';
import { STATE_OBSERVERS } from './observed-state.js';

const RAW = Symbol('rea.raw-context');

const GUARDED_RUN = Symbol('rea.guarded-run');

interface Guarded extends InAttempt {
  readonly [RAW]: Context;
  readonly [GUARDED_RUN]?: unknown;
}

type GuardedClass = new (raw: Context, attempt: Attempt) => Guarded;

/** Reading these inside a run closure is harmless: they touch no journal. */
const HARMLESS = new Set(['request', 'key', 'console', 'isProcessing', 'coreVm']);

const classes = new WeakMap<object, GuardedClass>();

/**
 * The context a handler is given while guardrails are on: the SDK's, with its durable operations refused inside run
 * closures, and checked for what the handler's kind and plane forbid.
 *
 * One class per SDK context class, one small object per attempt, no proxy: a call costs one extra function.
 */
export function guardContext(ctx: Context, attempt: Attempt): Context {
  const sdkPrototype: object = Object.getPrototypeOf(ctx);
  let Guarded = classes.get(sdkPrototype);
  if (!Guarded) classes.set(sdkPrototype, (Guarded = createClass(ctx)));
  attempt.bind(ctx);
  return new Guarded(ctx, attempt) as unknown as Context;
}

/** The context to start a run on: the SDK's own, once the guardrails of the given one have let the run through. */
export function admitRun(ctx: Context, name: string): Context {
  const { [RAW]: raw, [ATTEMPT]: attempt, [GUARDED_RUN]: guardedRun } = ctx as Partial<Guarded>;
  // A wrapper around the context, or a spy, has a `run` of its own.
  if (!raw || !(attempt instanceof Attempt) || Reflect.get(ctx, 'run') !== guardedRun) return ctx;
  refuseInRun('ctx.run()');
  attempt.handler.guards['run']?.(attempt, [name]);
  return raw;
}

function createClass(ctx: Context): GuardedClass {
  class GuardedContext implements Guarded {
    readonly [RAW]: Context;
    [ATTEMPT]: Attempt;

    constructor(raw: Context, attempt: Attempt) {
      this[RAW] = raw;
      this[ATTEMPT] = attempt;
    }
  }
  for (const name of propertyNames(ctx)) {
    Object.defineProperty(GuardedContext.prototype, name, {
      configurable: true,
      ...(isMethod(ctx, name) ? { value: guardedMethod(name) } : { get: guardedGetter(name) }),
    });
  }
  Object.defineProperty(GuardedContext.prototype, GUARDED_RUN, { value: Reflect.get(GuardedContext.prototype, 'run') });
  return GuardedContext;
}

function propertyNames(ctx: object): Set<string> {
  const names = new Set(Object.keys(ctx));
  for (
    let proto = Object.getPrototypeOf(ctx);
    proto && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const name of Object.getOwnPropertyNames(proto)) names.add(name);
  }
  names.delete('constructor');
  return names;
}

/** Getters such as `key` must not be evaluated while the prototype is made: on services `key` throws. */
function isMethod(ctx: object, name: string): boolean {
  for (let target: object | null = ctx; target; target = Object.getPrototypeOf(target)) {
    const descriptor = Object.getOwnPropertyDescriptor(target, name);
    if (descriptor) return typeof descriptor.value === 'function';
  }
  return false;
}

function guardedMethod(name: string): (this: Guarded, ...args: unknown[]) => unknown {
  if (HARMLESS.has(name)) {
    return function (...args) {
      return callRaw(this[RAW], name, args);
    };
  }
  const what = `ctx.${name}()`;
  const observe = Object.hasOwn(STATE_OBSERVERS, name) ? STATE_OBSERVERS[name] : undefined;
  return function (...args) {
    const attempt = this[ATTEMPT];
    refuseInRun(what);
    attempt.handler.guards[name]?.(attempt, args);
    if (!observe || attempt.handler.events.isQuiet) return callRaw(this[RAW], name, args);
    return observe(attempt, args, (given) => callRaw(this[RAW], name, given));
  };
}

function guardedGetter(name: string): (this: Guarded) => unknown {
  const harmless = HARMLESS.has(name);
  const what = `ctx.${name}`;
  return function () {
    if (!harmless) refuseInRun(what);
    return Reflect.get(this[RAW], name);
  };
}

function callRaw(ctx: Context, name: string, args: unknown[]): unknown {
  return (ctx as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);
}
