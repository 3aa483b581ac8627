import { declareHandler } from './component-declaration.js';
import type { SharedOptions } from './component.options.js';
import type { HandlerSchema } from './handler-schema.js';
import type { AnyObjectSharedContext, HandlerDecorator } from './handler-signature.js';

/**
 * Makes a method of a virtual object a shared handler: it runs beside the exclusive ones, also while one of them waits,
 * and reads state only. An `ObjectContext` as first parameter is a compile error.
 */
export function Shared<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>(options?: SharedOptions<In, Out>): HandlerDecorator<AnyObjectSharedContext, In, Out> {
  return (target, method, descriptor) => declareHandler(target, method, descriptor, 'shared', options);
}
