import { declareHandler } from './component-declaration.js';
import type { HandlerOptions } from './component.options.js';
import type { HandlerSchema } from './handler-schema.js';
import type { AnyObjectContext, HandlerDecorator } from './handler-signature.js';

/**
 * Makes a method `(ctx, input?) => Promise` a durable handler of its service, or an exclusive handler of its virtual
 * object. The context type and the schemas are checked against the method's signature by the compiler.
 */
export function Handler<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>(options?: HandlerOptions<In, Out>): HandlerDecorator<AnyObjectContext, In, Out> {
  return (target, method, descriptor) => declareHandler(target, method, descriptor, 'handler', options);
}
