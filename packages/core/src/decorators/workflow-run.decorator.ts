import { declareHandler } from './component-declaration.js';
import type { WorkflowHandlerOptions } from './component.options.js';
import type { HandlerSchema } from './handler-schema.js';
import type { WorkflowRunDecorator } from './handler-signature.js';

/** Makes a method the workflow's body: it runs exactly once per workflow id. Its name on the wire is `run`. */
export function WorkflowRun<
  In extends HandlerSchema | undefined = undefined,
  Out extends HandlerSchema | undefined = undefined,
>(options?: Omit<WorkflowHandlerOptions<In, Out>, 'name'>): WorkflowRunDecorator<In, Out> {
  return (target, method, descriptor) => declareHandler(target, method, descriptor, 'run', options);
}
