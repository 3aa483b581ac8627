import { Injectable } from '@nestjs/common';
import { declareComponent } from './component-declaration.js';
import type { WorkflowOptions } from './component.options.js';
import type { AnyWorkflowContext, ComponentDecorator } from './handler-signature.js';

/**
 * Marks a class as a Restate workflow: an ordinary Nest provider (this implies `@Injectable`) with exactly one
 * {@link WorkflowRun | @WorkflowRun} method, which runs once per workflow id, and any number of
 * {@link WorkflowSignal | @WorkflowSignal} and {@link WorkflowQuery | @WorkflowQuery} methods that run beside it.
 *
 * @param options the wire name (default: the class's name) and the SDK's workflow options
 */
export function Workflow(options?: WorkflowOptions): ComponentDecorator<AnyWorkflowContext, 'workflow'> {
  return (target) => {
    Injectable()(target as never);
    declareComponent(target as never, 'workflow', options);
  };
}
