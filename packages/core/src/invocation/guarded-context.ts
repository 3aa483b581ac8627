import type { Context } from '@restatedev/restate-sdk';
import { type Attempt, attemptOf, refuseInRun } from './attempt.js';

const RAW = Symbol('raw context');

interface Guarded {
  readonly [RAW]: Context;
}

/** Reading these inside a run closure is harmless: they touch no journal. */
const HARMLESS = new Set(['constructor', 'request', 'key', 'console', 'isProcessing', 'coreVm']);
const STATE_WRITES = new Set(['set', 'clear', 'clearAll']);

type Prototypes = { readonly exclusive: object; readonly shared: object };
const prototypes = new WeakMap<object, Prototypes>();

/**
 * The context a handler is given while guardrails are on: the SDK's, with its durable operations refused inside run
 * closures, and state writes refused on shared handlers.
 *
 * One prototype per SDK context class, one small object per attempt, no proxy: a call costs one extra function.
 */
export function guardContext(ctx: Context, attempt: Attempt, readOnly: boolean): Context {
  const sdkPrototype: object = Object.getPrototypeOf(ctx);
  let pair = prototypes.get(sdkPrototype);
  if (!pair) {
    pair = { exclusive: createPrototype(ctx, false), shared: createPrototype(ctx, true) };
    prototypes.set(sdkPrototype, pair);
  }
  const guarded: Context = Object.create(readOnly ? pair.shared : pair.exclusive, { [RAW]: { value: ctx } });
  attempt.bind(ctx, guarded);
  return guarded;
}

function createPrototype(ctx: Context, readOnly: boolean): object {
  const prototype: object = Object.create(null);
  for (const name of propertyNames(ctx)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      ...(isMethod(ctx, name) ? { value: guardedMethod(name, readOnly) } : { get: guardedGetter(name) }),
    });
  }
  return prototype;
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

function guardedMethod(name: string, readOnly: boolean): (this: Guarded, ...args: unknown[]) => unknown {
  const refusesWrite = readOnly && STATE_WRITES.has(name);
  if (HARMLESS.has(name)) {
    return function (...args) {
      return callRaw(this[RAW], name, args);
    };
  }
  return function (...args) {
    refuseInRun(`ctx.${name}()`);
    if (refusesWrite) reportSharedWrite(this[RAW], name, args);
    return callRaw(this[RAW], name, args);
  };
}

function guardedGetter(name: string): (this: Guarded) => unknown {
  const harmless = HARMLESS.has(name);
  return function () {
    if (!harmless) refuseInRun(`ctx.${name}`);
    return Reflect.get(this[RAW], name);
  };
}

function callRaw(ctx: Context, name: string, args: unknown[]): unknown {
  return (ctx as unknown as Record<string, (...args: unknown[]) => unknown>)[name]!(...args);
}

function reportSharedWrite(ctx: Context, name: string, args: unknown[]): void {
  attemptOf(ctx)?.report('shared-write', `ctx.${name}(${args.length > 0 ? JSON.stringify(args[0]) : ''})`);
}
