import { ValidationPipe } from '@nestjs/common';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/internal';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Class, ComponentDeclaration } from '../decorators/component-declaration.js';
import { DiscoveryError } from './discovery.error.js';

const ENHANCERS = {
  [GUARDS_METADATA]: '@UseGuards',
  [INTERCEPTORS_METADATA]: '@UseInterceptors',
  [PIPES_METADATA]: '@UsePipes',
  [EXCEPTION_FILTERS_METADATA]: '@UseFilters',
};

/** @throws DiscoveryError when an enhancer of the component would silently not be applied. */
export function checkEnhancers(type: Class, component: ComponentDeclaration, provider: InstanceWrapper): void {
  const methods = [...component.handlers.values()].map(({ method }) => method);
  if (provider.isNotMetatype) refuseOnFactory(type, methods);
  for (const method of methods) {
    refuseErasedInput(type, method);
    refuseLost(type, method, provider.instance as object | undefined);
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

/** Nest creates the guards of a class only where it creates the class itself. */
function refuseOnFactory(type: Class, methods: readonly string[]): void {
  for (const target of [type, ...methods.map((method) => type.prototype[method])]) {
    const found = Object.entries(ENHANCERS).find(([key]) => classes(Reflect.getMetadata(key, target)).length > 0);
    if (found) {
      throw new DiscoveryError(
        'REA1017',
        `${type.name} has ${found[1]}, but is provided by a factory or as a value, where Nest does not create its enhancers: they would silently not run.`,
        `Provide the class itself (providers: [${type.name}]), or give ${found[1]} instances instead of classes.`,
      );
    }
  }
}

function classes(enhancers: unknown[] | undefined): unknown[] {
  return (enhancers ?? []).filter((enhancer) => typeof enhancer === 'function');
}

/** A ValidationPipe validates by the parameter's class; `import type` and interfaces leave none at run time. */
function refuseErasedInput(type: Class, method: string): void {
  const pipes = [type, type.prototype[method]].flatMap((target) => Reflect.getMetadata(PIPES_METADATA, target) ?? []);
  if (!pipes.some((pipe) => pipe === ValidationPipe || pipe instanceof ValidationPipe)) return;
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', type.prototype, method) ?? [];
  if (types.length > 1 && types[1] === Object) {
    throw new DiscoveryError(
      'REA1018',
      `${type.name}.${method} has a ValidationPipe, but its input has no class at run time, so nothing would be validated.`,
      'Make the input a DTO class, and import it as a value (import { Dto }, not import type { Dto }).',
    );
  }
}
