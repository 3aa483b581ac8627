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
  for (const method of methods) refuseErasedInput(type, method);
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
