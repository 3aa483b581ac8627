import type { HandlerDescriptor, WorkflowDescriptor } from '@restatedev/restate-sdk';
import { componentDecorator } from './component-decorator.js';
import type { WorkflowOptions } from './component.options.js';
import type { AnyWorkflowContext, ComponentDecorator, WorkflowContractDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate workflow: an ordinary Nest provider (this implies `@Injectable`) with exactly one
 * {@link WorkflowRun | @WorkflowRun} method, which runs once per workflow id, and any number of
 * {@link WorkflowSignal | @WorkflowSignal} and {@link WorkflowQuery | @WorkflowQuery} methods that run beside it.
 *
 * @param options the wire name (default: the class's name) and the SDK's workflow options
 */
export function Workflow(options?: WorkflowOptions): ComponentDecorator<AnyWorkflowContext, 'workflow'>;
/**
 * Marks a class as the implementation of a contract made with the SDK's `iface`. The compiler checks that the class has
 * every handler with the right input and output; name and serdes are the contract's.
 */
export function Workflow<const P extends string, H extends Record<string, HandlerDescriptor>>(
  contract: WorkflowDescriptor<P, H>,
  options?: Omit<WorkflowOptions, 'name'>,
): WorkflowContractDecorator<H>;
export function Workflow(
  first: WorkflowOptions | WorkflowDescriptor = {},
  options?: WorkflowOptions,
): (target: never) => void {
  return componentDecorator('workflow', first, options);
}
