import { declareHandler } from './component-declaration.js';
import type { WorkflowHandlerOptions } from './component.options.js';
import type { HandlerSchema } from './handler-schema.js';
import type { WorkflowSignalDecorator } from './handler-signature.js';

/** Makes a method a signal: it runs beside the workflow, tells it something (a durable promise) and returns nothing. */
export function WorkflowSignal<In extends HandlerSchema | undefined = undefined>(
  options?: Omit<WorkflowHandlerOptions<In>, 'output'>,
): WorkflowSignalDecorator<In> {
  return (target, method, descriptor) => declareHandler(target, method, descriptor, 'signal', options);
}
