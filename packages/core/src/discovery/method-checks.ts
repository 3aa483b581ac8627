import {
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
  PATH_METADATA,
  REDIRECT_METADATA,
  RENDER_METADATA,
  ROUTE_ARGS_METADATA,
  RouteParamtypes,
  SSE_METADATA,
} from '@nestjs/common/internal';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Class } from '../decorators/component-declaration.js';
import type { ComponentProvider } from './component-provider.js';
import { DiscoveryError } from './discovery.error.js';

/** Decorators of methods that only routes and message patterns of controllers have. */
const ROUTE_DECORATORS = {
  [PATH_METADATA]: 'a route (@Get, @Post and so on)',
  [HTTP_CODE_METADATA]: '@HttpCode',
  [HEADERS_METADATA]: '@Header',
  [REDIRECT_METADATA]: '@Redirect',
  [RENDER_METADATA]: '@Render',
  [SSE_METADATA]: '@Sse',
  'microservices:pattern': 'a pattern (@MessagePattern, @EventPattern)',
};

/** @throws DiscoveryError when a handler's method cannot be called, or has decorators that would silently do nothing */
export function checkMethods({ type, declaration, isStandIn }: ComponentProvider, provider: InstanceWrapper): void {
  const isInstance = !isStandIn && provider.isDependencyTreeStatic() && !provider.isTransient;
  for (const { method } of declaration.handlers.values()) {
    refuseRouteDecorators(type, method);
    if (isInstance) refuseMissing(type, method, provider.instance);
  }
}

function refuseRouteDecorators(type: Class, method: string): void {
  const where = `${type.name}.${method}`;
  const [parameter] = Object.entries<{ readonly index: number }>(
    Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) ?? {},
  );
  if (parameter) {
    const [key, { index }] = parameter;
    throw new DiscoveryError(
      'REA1092',
      `${where} is a handler with ${parameterDecorator(key)} on parameter ${index + 1}; handlers are called with (ctx, input), so it would be ignored.`,
      'Take what you need from the input, or from ctx.request().headers. Decorators of routes belong on controllers, which call the handler through @InjectIngress.',
    );
  }
  const found = Object.entries(ROUTE_DECORATORS).find(([key]) => Reflect.hasMetadata(key, type.prototype[method]));
  if (found) {
    throw new DiscoveryError(
      'REA1092',
      `${where} is a handler with ${found[1]}, which only controllers have: it would be ignored.`,
      'Put it on the method of a controller that calls the handler through @InjectIngress.',
    );
  }
}

/** `3:0` is the first @Body(); decorators made by createParamDecorator have longer keys. */
function parameterDecorator(key: string): string {
  const name = /^\d+:/.test(key) ? RouteParamtypes[Number.parseInt(key, 10)] : undefined;
  if (name === undefined) return 'a parameter decorator';
  return `@${name.toLowerCase().replaceAll(/(?:^|_)(.)/g, (_match, first: string) => first.toUpperCase())}()`;
}

/** A constructor may return another object, and a factory or a value may be anything. */
function refuseMissing(type: Class, method: string, instance: unknown): void {
  if (typeof (instance as Record<string, unknown> | null)?.[method] === 'function') return;
  throw new DiscoveryError(
    'REA1095',
    `${type.name}.${method} is a handler, but the instance of ${type.name} has no such method: its constructor, factory or value gives another object.`,
    `Let it be an instance of ${type.name}, or an object that has each of its handlers.`,
  );
}
