import { inspect } from 'node:util';
import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import { clientNameProblem } from '../decorators/handler-names.js';
import { ReaError } from '../rea.error.js';
import type { TargetHandler, TargetModel } from './client-target.js';

/** A durable client was used where there is no attempt: in a controller, a cron job, or after the handler ended. */
export class OutsideHandlerError extends ReaError {
  readonly code = 'REA3003';
}

/** A method without a handler decorator was called through a client: refused before anything is sent. */
function noHandler(target: TargetModel, method: string): TerminalError {
  return new TerminalError(
    `REA3002: ${target.name} has no handler "${method}". Decorate the method, or call one of: ${[...target.handlers.keys()].join(', ')}.`,
    { errorCode: 404, metadata: { [ERROR_METADATA.code]: 'REA3002' } },
  );
}

const DESCRIPTION = Symbol('rea.facade');

interface Face {
  readonly [DESCRIPTION]: string;
}

/**
 * What a facade is to code that asks any object such things: consoles, serialisers, promises, streams, assertion libraries.
 * Their questions send nothing. It has the names of `Object.prototype` as well.
 */
const FACE = {
  toString(this: Face): string {
    return this[DESCRIPTION];
  },
  toLocaleString(this: Face): string {
    return this[DESCRIPTION];
  },
  valueOf(this: Face): unknown {
    return this;
  },
  /** A client in a log line or an answer is its description. */
  toJSON(this: Face): string {
    return this[DESCRIPTION];
  },
  [Symbol.toPrimitive](this: Face): string {
    return this[DESCRIPTION];
  },
  [inspect.custom](this: Face): string {
    return this[DESCRIPTION];
  },
  ...Object.fromEntries(
    ['then', 'catch', 'finally', 'subscribe', 'lift', 'pipe', 'getReader', 'next', 'return', 'throw', 'inspect'].map(
      (name) => [name, undefined],
    ),
  ),
  ...Object.fromEntries(
    ['asymmetricMatch', '$$typeof', 'nodeType', 'tagName', 'prototype', '_isMockFunction'].map((name) => [
      name,
      undefined,
    ]),
  ),
};

function isCallable(name: string): boolean {
  return name !== 'then' && clientNameProblem(name) === undefined;
}

/**
 * An object that answers each handler's method name with a function, and any other name with one that refuses. It may be
 * printed, compared, spread, serialised and awaited without effect.
 *
 * @param verb for its description: `call`, `signal`
 * @param refuse what a call of any other name does. Default: throws at once
 */
export function facade(
  target: TargetModel,
  verb: string,
  create: (method: string) => unknown,
  allowed?: readonly string[],
  refuse: (error: TerminalError) => unknown = thrown,
): object {
  const face: Face = Object.create(FACE, { [DESCRIPTION]: { get: () => describe(target, verb, allowed) } });
  return new Proxy(face, {
    get(_target, method, proxy) {
      if (typeof method === 'symbol') return Reflect.get(face, method, proxy);
      const handler = target.handlers.get(method);
      // A handler may be called `subscribe` or `next`; no client answers to what promises, JSON and all objects have.
      if (handler && isAllowed(handler, allowed) && isCallable(method)) return create(method);
      if (method in FACE) return Reflect.get(face, method, proxy);
      return () => refuse(noHandler(target, method));
    },
  });
}

function describe({ name, handlers }: TargetModel, verb: string, allowed: readonly string[] | undefined): string {
  const methods = [...handlers].flatMap(([method, handler]) => (isAllowed(handler, allowed) ? [method] : []));
  return `[${name} ${verb}: ${methods.join(', ')}]`;
}

function isAllowed({ kind }: TargetHandler, allowed: readonly string[] | undefined): boolean {
  return !allowed || allowed.includes(kind);
}

function thrown(error: TerminalError): never {
  throw error;
}

/** Why a workflow cannot tell its status. */
export function noStatus({ name }: TargetModel): string {
  return `REA3005: ${name} keeps no status. Declare it: @Workflow({ status: true }).`;
}
