import { ValidationPipe } from '@nestjs/common';
import { PIPES_METADATA } from '@nestjs/common/internal';
import type { ApplicationConfig } from '@nestjs/core';
import { appliesToHandlers } from '../decorators/applies-to-handlers.decorator.js';
import type { Class } from '../decorators/component-declaration.js';

/** The pipes of a handler: of its class and its method. */
export function ownPipes(type: Class, method: string): unknown[] {
  return [type, type.prototype[method]].flatMap(
    (target) => (Reflect.getMetadata(PIPES_METADATA, target) ?? []) as unknown[],
  );
}

/** The global pipes that have opted in for handlers: instances, and the classes of those that Nest makes per request. */
export function globalPipes(config: ApplicationConfig): unknown[] {
  const perRequest = config.getGlobalRequestPipes().map(({ metatype }): unknown => metatype);
  return [...config.getGlobalPipes(), ...perRequest].filter(appliesToHandlers);
}

/** Whether a pipe, given as instance or class, is a `ValidationPipe` or derived from one: it validates by class. */
export function validatesByClass(pipe: unknown): boolean {
  return (
    pipe instanceof ValidationPipe ||
    (typeof pipe === 'function' && (pipe === ValidationPipe || pipe.prototype instanceof ValidationPipe))
  );
}

/** The class of a handler's input, as the compiler has emitted it; undefined without an input. */
export function inputTypeOf(type: Class, method: string): unknown {
  const types: unknown[] = Reflect.getMetadata('design:paramtypes', type.prototype, method) ?? [];
  return types[1];
}
