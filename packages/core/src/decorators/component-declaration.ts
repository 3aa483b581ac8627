import 'reflect-metadata';
import type { HandlerDescriptor } from '@restatedev/restate-sdk';
import { DiscoveryError } from '../discovery/discovery.error.js';
import type {
  HandlerOptions,
  ServiceOptions,
  VirtualObjectOptions,
  WorkflowHandlerOptions,
  WorkflowOptions,
} from './component.options.js';
import { checkOptionNames } from '../option-shape.js';
import { HANDLER_SHAPE } from './component.option-shapes.js';
import { checkDecoratedMethod, descriptorOf } from './decorated-method.js';
import { HANDLER_DECORATORS } from './handler-names.js';
import type { HandlerSchema } from './handler-schema.js';

export type ComponentKind = 'service' | 'object' | 'workflow';

/** The value of a contract made with the SDK's `iface`: what a caller needs when it must not import the server's code. */
export interface Contract {
  readonly name: string;
  readonly _kind: ComponentKind;
  readonly _handlers: Record<string, HandlerDescriptor>;
  readonly _description?: string;
  readonly _metadata?: Record<string, string>;
}

/** What the decorator on a method said it is. */
export type HandlerKind = 'handler' | 'shared' | 'run' | 'signal' | 'query';

type AnyHandlerOptions = HandlerOptions<HandlerSchema | undefined, HandlerSchema | undefined> &
  WorkflowHandlerOptions<HandlerSchema | undefined, HandlerSchema | undefined>;

/** One decorated method, as written. */
export interface HandlerDeclaration {
  readonly kind: HandlerKind;
  /** The method's name in the class. */
  readonly method: string;
  /** The handler's name on the wire. */
  readonly name: string;
  readonly options: AnyHandlerOptions;
}

/** One decorated class, as written: plain data, no container involved. */
export interface ComponentDeclaration {
  readonly kind: ComponentKind;
  readonly name: string;
  readonly options: ServiceOptions & VirtualObjectOptions & WorkflowOptions;
  /** By method name, inherited ones included. */
  readonly handlers: ReadonlyMap<string, HandlerDeclaration>;
}

/** Any class, as a value. */
export type Class = abstract new (...args: never[]) => object;

const COMPONENT = Symbol.for('@rea/core.component');
const HANDLERS = Symbol.for('@rea/core.handlers');
const AMENDMENTS = Symbol.for('@rea/core.handler-amendments');

/** Remembers on a class what its decorator said. */
export function declareComponent(
  target: Class,
  kind: ComponentKind,
  options: ComponentDeclaration['options'] = {},
): void {
  const twin: Pick<ComponentDeclaration, 'kind'> | undefined = Reflect.getOwnMetadata(COMPONENT, target);
  if (twin) {
    throw new DiscoveryError(
      'REA1093',
      `${target.name} is decorated as a ${twin.kind} and as a ${kind}.`,
      'Keep one of @Service(), @VirtualObject() and @Workflow().',
    );
  }
  Reflect.defineMetadata(COMPONENT, { kind, name: options.name ?? target.name, options }, target);
}

/**
 * Remembers that a class implements a contract: it has the contract's name, and each of the contract's handlers is one
 * of its methods, decorated or not, with the contract's serdes.
 */
export function declareContract(
  target: Class,
  contract: Contract,
  options: ComponentDeclaration['options'] = {},
): void {
  const decorated = handlersOf(target);
  for (const [name, descriptor] of Object.entries(contract._handlers)) {
    const known = [...decorated.values()].find((handler) => handler.name === name);
    const kind = known?.kind ?? contractKind(contract._kind, name, descriptor._shared);
    const method = known?.method ?? name;
    declareHandler(target.prototype, method, descriptorOf(target.prototype, method), kind, {
      ...(descriptor._inputSerde ? { input: descriptor._inputSerde } : {}),
      ...(descriptor._outputSerde ? { output: descriptor._outputSerde } : {}),
      ...(descriptor._description === undefined ? {} : { description: descriptor._description }),
      ...(descriptor._metadata ? { metadata: descriptor._metadata } : {}),
      ...known?.options,
      name,
    });
  }
  declareComponent(target, contract._kind, {
    ...(contract._description === undefined ? {} : { description: contract._description }),
    ...(contract._metadata ? { metadata: contract._metadata } : {}),
    ...options,
    name: contract.name,
  });
}

/** What a contract's handler is in its component. A workflow's other handlers may be signals or queries: both are shared. */
export function contractKind(component: ComponentKind, name: string, shared: boolean | undefined): HandlerKind {
  if (component === 'workflow') return name === 'run' ? 'run' : 'query';
  return shared ? 'shared' : 'handler';
}

/**
 * Remembers on a prototype what a method's decorator said.
 *
 * @throws DiscoveryError when it is no method, or one that cannot be a handler
 */
export function declareHandler(
  prototype: object,
  method: string,
  descriptor: unknown,
  kind: HandlerKind,
  options: AnyHandlerOptions = {},
): void {
  checkDecoratedMethod(HANDLER_DECORATORS[kind], prototype, method, descriptor);
  checkOptionNames(`${HANDLER_DECORATORS[kind]} of ${prototype.constructor.name}.${method}`, options, HANDLER_SHAPE);
  if (method === 'then') {
    // Refused here: Nest awaits provider instances, and would wait for ever for one with such a method.
    throw new DiscoveryError(
      'REA1007',
      `${prototype.constructor.name}.then is a handler; whoever awaits the instance would call it.`,
      'Give the method another name.',
    );
  }
  const own: HandlerDeclaration[] = Reflect.getOwnMetadata(HANDLERS, prototype) ?? [];
  const twin = own.find((handler) => handler.method === method && handler.kind !== kind);
  if (twin) {
    throw new DiscoveryError(
      'REA1093',
      `${prototype.constructor.name}.${method} is decorated with ${HANDLER_DECORATORS[twin.kind]} and ${HANDLER_DECORATORS[kind]}.`,
      'Keep one of them.',
    );
  }
  const name = kind === 'run' ? 'run' : (options.name ?? method);
  Reflect.defineMetadata(HANDLERS, [...own, { kind, method, name, options }], prototype);
}

/** Adds options to a method's declaration, whichever of the two decorators comes first. */
export function amendHandler(prototype: object, method: string, options: AnyHandlerOptions): void {
  const own: Record<string, AnyHandlerOptions> = Reflect.getOwnMetadata(AMENDMENTS, prototype) ?? {};
  Reflect.defineMetadata(AMENDMENTS, { ...own, [method]: { ...own[method], ...options } }, prototype);
}

/** The declaration of a class or of the nearest decorated base class; undefined when there is none. */
export function componentOf(target: Class): ComponentDeclaration | undefined {
  const component: Omit<ComponentDeclaration, 'handlers'> | undefined = Reflect.getMetadata(COMPONENT, target);
  return component && { ...component, handlers: handlersOf(target) };
}

/** The decorated methods of a class by method name; a subclass's declaration wins over its base's. */
export function handlersOf(target: Class): ReadonlyMap<string, HandlerDeclaration> {
  const handlers = new Map<string, HandlerDeclaration>();
  for (let proto: object | null = target.prototype; proto; proto = Object.getPrototypeOf(proto)) {
    const own: HandlerDeclaration[] = Reflect.getOwnMetadata(HANDLERS, proto) ?? [];
    // Of two declarations of one method, the later one wins: a contract completes what a decorator said.
    const byMethod = new Map(own.map((handler) => [handler.method, handler]));
    const amendments: Record<string, AnyHandlerOptions> = Reflect.getOwnMetadata(AMENDMENTS, proto) ?? {};
    for (const [method, handler] of byMethod) {
      const options = { ...amendments[method], ...handler.options };
      if (!handlers.has(method)) handlers.set(method, { ...handler, options });
    }
  }
  return handlers;
}
