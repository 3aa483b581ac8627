import type { Serde } from '@restatedev/restate-sdk';
import {
  type Class,
  type ComponentKind,
  componentOf,
  type Contract,
  contractKind,
  type HandlerKind,
} from '../decorators/component-declaration.js';
import { serdeOf } from '../discovery/payload.js';
import { ReaError } from '../rea.error.js';

/** What a client is made for: a decorated class, a contract, or a thunk where imports are circular. */
export type ClientTarget = Class | Contract | (() => Class | Contract);

/** A client target is no component, or a circular import left it undefined. */
export class ClientTargetError extends ReaError {
  readonly code = 'REA1014';
}

/** A handler as a client sees it. */
export interface TargetHandler {
  readonly name: string;
  readonly kind: HandlerKind;
  readonly input: Serde<unknown> | undefined;
  readonly output: Serde<unknown> | undefined;
}

/** A component as a client sees it: names and serdes as declared, nothing of its implementation or configuration. */
export interface TargetModel {
  readonly kind: ComponentKind;
  readonly name: string;
  /** By method name (of a class) or handler name (of a contract). */
  readonly handlers: ReadonlyMap<string, TargetHandler>;
  /** Whether the workflow keeps a status; unknown for contracts. */
  readonly status: boolean;
  /** The serde for payloads whose handler does not name one. */
  readonly serde: Serde<unknown> | undefined;
}

/** Whether a target is a thunk. A class is a function too: a thunk is one without a prototype. */
export function isThunk(target: ClientTarget): target is () => Class | Contract {
  return typeof target === 'function' && !target.prototype;
}

/** Follows a thunk. */
export function resolveTarget(target: ClientTarget): Class | Contract | undefined {
  return isThunk(target) ? target() : target;
}

/** As {@link resolveTarget}. @throws ClientTargetError when there is no target, naming who needs it */
export function resolvedTarget(target: ClientTarget, neededBy = 'a client'): Class | Contract {
  const resolved = resolveTarget(target);
  if (resolved) return resolved;
  throw new ClientTargetError(
    `REA1014: The client target of ${neededBy} is undefined. Its file is part of an import circle: inject it with a thunk, () => Target, and check that the target is exported.`,
  );
}

const models = new WeakMap<object, TargetModel>();

/**
 * The target as plain data.
 *
 * @throws ClientTargetError when it is neither a decorated class nor a contract.
 */
export function targetModel(target: ClientTarget, injectedInto = 'a client'): TargetModel {
  const resolved = resolvedTarget(target, injectedInto);
  let model = models.get(resolved);
  if (!model) {
    model = '_kind' in resolved ? fromContract(resolved) : fromClass(resolved, injectedInto);
    models.set(resolved, model);
  }
  return model;
}

function fromClass(type: Class, injectedInto: string): TargetModel {
  const component = componentOf(type);
  if (!component) {
    throw new ClientTargetError(
      `REA1014: ${type.name}, the client target of ${injectedInto}, is no component. Decorate it with @Service(), @VirtualObject() or @Workflow(), or inject it as an ordinary provider.`,
    );
  }
  const handlers = [...component.handlers.values()].map(({ method, name, kind, options }): [string, TargetHandler] => [
    method,
    {
      name,
      kind,
      input: serdeOf(options.input, 'input') ?? (options.serde as Serde<unknown> | undefined),
      output: serdeOf(options.output, 'output') ?? (options.serde as Serde<unknown> | undefined),
    },
  ]);
  return {
    kind: component.kind,
    name: component.name,
    handlers: new Map(handlers),
    status: component.options.status === true,
    serde: component.options.serde as Serde<unknown> | undefined,
  };
}

function fromContract(contract: Contract): TargetModel {
  const handlers = Object.entries(contract._handlers).map(([name, descriptor]): [string, TargetHandler] => [
    name,
    {
      name,
      kind: contractKind(contract._kind, name, descriptor._shared),
      input: descriptor._inputSerde as Serde<unknown> | undefined,
      output: descriptor._outputSerde as Serde<unknown> | undefined,
    },
  ]);
  return { kind: contract._kind, name: contract.name, handlers: new Map(handlers), status: true, serde: undefined };
}
