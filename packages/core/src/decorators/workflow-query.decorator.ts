import { declareHandler } from './component-declaration.js';
import type { WorkflowHandlerOptions } from './component.options.js';
import type { HandlerSchema } from './handler-schema.js';
import type { WorkflowQueryDecorator } from './handler-signature.js';

/** Makes a method a query: it runs beside the workflow and answers from its state. */
export function WorkflowQuery<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>(options?: WorkflowHandlerOptions<In, Out>): WorkflowQueryDecorator<In, Out> {
  return (target, method, descriptor) => declareHandler(target, method, descriptor, 'query', options);
}
