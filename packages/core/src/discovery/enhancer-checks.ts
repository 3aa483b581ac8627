import type { Type } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/internal';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Class, HandlerDeclaration } from '../decorators/component-declaration.js';
import type { ComponentProvider } from './component-provider.js';
import { DiscoveryError } from './discovery.error.js';
import { inputTypeOf, ownPipes, validatesByClass } from './validation-pipes.js';

const ENHANCERS = {
  [GUARDS_METADATA]: '@UseGuards',
  [INTERCEPTORS_METADATA]: '@UseInterceptors',
  [PIPES_METADATA]: '@UsePipes',
  [EXCEPTION_FILTERS_METADATA]: '@UseFilters',
};

/** @throws DiscoveryError when an enhancer of the component would silently not be applied. */
export function checkEnhancers(
  { type, declaration, isStandIn }: ComponentProvider,
  provider: InstanceWrapper,
  globalPipes: readonly unknown[],
): void {
  const handlers = [...declaration.handlers.values()];
  const methods = handlers.map(({ method }) => method);
  if (isStandIn) {
    refuseOnStandIn(type, methods);
    return;
  }
  refuseNotCreated(type, methods, provider);
  for (const handler of handlers) {
    refuseErasedInput(type, handler, globalPipes);
    refuseLost(type, handler.method, provider.instance as object | undefined);
  }
}

/** Enhancers of a method are metadata of its function: a method that overrides it has none of them. */
function refuseLost(type: Class, method: string, instance: object | undefined): void {
  const called: unknown = (instance as Record<string, unknown> | undefined)?.[method] ?? type.prototype[method];
  const found = Object.entries(ENHANCERS).find(
    ([key]) =>
      inheritedFunctions(type, method).some((each) => Reflect.hasMetadata(key, each)) &&
      !Reflect.hasMetadata(key, called as object),
  );
  if (!found) return;
  throw new DiscoveryError(
    'REA1094',
    `${type.name}.${method} overrides a handler that has ${found[1]}, and does not have it itself: it would silently not run.`,
    `Repeat ${found[1]} on the overriding method (with no arguments to have none), or put it on the class.`,
  );
}

function inheritedFunctions(type: Class, method: string): object[] {
  const found: object[] = [];
  for (let proto: object | null = type.prototype; proto; proto = Object.getPrototypeOf(proto)) {
    const own: unknown = Object.getOwnPropertyDescriptor(proto, method)?.value;
    if (typeof own === 'function') found.push(own);
  }
  return found;
}

/** Enhancers are found by the class and the methods of the instance: those of another object are not these. */
function refuseOnStandIn(type: Class, methods: readonly string[]): void {
  const found = enhancersOf(type, methods).find(({ enhancers }) => enhancers.length > 0);
  if (!found) return;
  throw new DiscoveryError(
    'REA1017',
    `${type.name} has ${found.decorator}, and another object stands in for it, on which it would silently not run.`,
    `Replace its client instead: overrideProvider(getClientToken(${type.name})), or getIngressToken(${type.name}).`,
  );
}

/** Nest creates the guards of a class only where it creates the class itself, as the module declares it. */
function refuseNotCreated(type: Class, methods: readonly string[], provider: InstanceWrapper): void {
  for (const { decorator, enhancers } of enhancersOf(type, methods)) {
    const needed = enhancers.filter((enhancer) => typeof enhancer === 'function');
    const created = provider.host?.injectables;
    const missing = needed.some((enhancer) => provider.isNotMetatype || !created?.has(enhancer as Type));
    if (missing) {
      const how = provider.isNotMetatype ? 'by a factory or as a value' : 'in place of another class';
      throw new DiscoveryError(
        'REA1017',
        `${type.name} has ${decorator}, but is provided ${how}, where Nest does not create its enhancers: they would silently not run.`,
        `Provide the class itself (providers: [${type.name}]), or give ${decorator} instances instead of classes.`,
      );
    }
  }
}

/** The enhancers of a class and of its methods, by decorator. */
function enhancersOf(type: Class, methods: readonly string[]) {
  return [type, ...methods.map((method) => type.prototype[method])].flatMap((target) =>
    Object.entries(ENHANCERS).map(([key, decorator]) => ({
      decorator,
      enhancers: (Reflect.getMetadata(key, target) ?? []) as readonly unknown[],
    })),
  );
}

/**
 * A ValidationPipe validates by the parameter's class; `import type` and interfaces leave none at run time. A global one
 * is not meant for a handler that declares its input.
 */
function refuseErasedInput(type: Class, { method, options }: HandlerDeclaration, global: readonly unknown[]): void {
  if (inputTypeOf(type, method) !== Object) return;
  const pipes = [...ownPipes(type, method), ...(options.input === undefined ? global : [])];
  if (pipes.some(validatesByClass)) {
    throw new DiscoveryError(
      'REA1018',
      `${type.name}.${method} has a ValidationPipe, but its input has no class at run time, so nothing would be validated.`,
      'Make the input a DTO class, and import it as a value (import { Dto }, not import type { Dto }), or declare a schema: @Handler({ input }).',
    );
  }
}
