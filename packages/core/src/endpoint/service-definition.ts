import {
  handlers as sdk,
  type HooksProvider,
  object,
  type ObjectOptions,
  type Serde,
  service,
  type ServiceDefinition,
  type TerminalError,
  type VirtualObjectDefinition,
  workflow,
  type WorkflowDefinition,
  type WorkflowOptions,
} from '@restatedev/restate-sdk';
import { qualify } from '../clients/namespace.js';
import type { ComponentOverrides, HandlerOverrides } from '../decorators/component.options.js';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import type { ReaEvents } from '../events/rea-events.js';
import { attemptHook } from '../invocation/attempt-hook.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { type Invoker, type InvokerFactory, placeOf } from '../invocation/handler-invoker.js';
import { readRunState, RUN_STATE_HANDLER } from '../invocation/workflow-run-state.js';
import type { PolicyService } from '../policy/policy.service.js';
import type { ReaModuleOptions } from '../rea.options.js';

export type AnyDefinition =
  | ServiceDefinition<string, unknown>
  | VirtualObjectDefinition<string, unknown>
  | WorkflowDefinition<string, unknown>;

/** What the definitions need from the running application. */
export interface DefinitionContext {
  readonly options: ReaModuleOptions;
  readonly policy: PolicyService;
  readonly events: ReaEvents;
  readonly invokers: InvokerFactory;
}

/** Makes the SDK's definition of a component: its options merged, its handlers bound. */
export function createDefinition(component: ComponentModel, context: DefinitionContext): AnyDefinition {
  const { kind, name, options: declared } = component.declaration;
  const overrides: ComponentOverrides = context.options.components?.[name] ?? {};
  const { name: _name, description, metadata, ...options } = merge(declared, overrides);
  const { handlers: _handlers, ...componentOptions } = merge(context.options.defaults ?? {}, options);
  const definition = {
    name: qualify(context.options.namespace, name),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
    options: componentOptions,
    handlers: {} as Record<string, unknown>,
  };
  for (const handler of component.handlers) {
    definition.handlers[handler.declaration.name] = createHandler(
      component,
      handler,
      overrides.handlers?.[handler.declaration.name] ?? {},
      componentOptions,
      context,
    );
  }
  if (kind === 'workflow') {
    definition.handlers[RUN_STATE_HANDLER] = sdk.workflow.shared({ ingressPrivate: true }, readRunState);
  }
  const create = { service, object, workflow }[kind] as (value: typeof definition) => AnyDefinition;
  return create(definition);
}

function createHandler(
  component: ComponentModel,
  handler: HandlerModel,
  overrides: HandlerOverrides,
  componentOptions: ObjectOptions & WorkflowOptions,
  { policy, events, invokers, options: { namespace } }: DefinitionContext,
): unknown {
  const { input: _input, output: _output, name: _name, ...declared } = handler.declaration.options;
  const merged = merge(declared, overrides);
  const userMapping = merged.asTerminalError ?? componentOptions.asTerminalError;
  const options = {
    ...merged,
    ...present('input', handler.input.serde),
    ...present('output', handler.output.serde),
    asTerminalError: (error: unknown): TerminalError | undefined => userMapping?.(error) ?? asTerminalError(error),
    hooks: [...(merged.hooks ?? []), attemptHook(placeOf(component, handler), policy, events, namespace)],
  };
  return wrap(component, handler, options, invokers.create(component, handler));
}

/** The SDK's wrapper for a handler of its kind. */
function wrap(component: ComponentModel, handler: HandlerModel, options: object, invoke: Invoker): unknown {
  switch (handler.declaration.kind) {
    case 'handler':
      return component.declaration.kind === 'object'
        ? sdk.object.exclusive(options, invoke)
        : sdk.handler(options, invoke);
    case 'shared':
      return sdk.object.shared(options, invoke);
    case 'run':
      return sdk.workflow.workflow(options, invoke);
    case 'signal':
    case 'query':
      return sdk.workflow.shared(options, invoke);
  }
}

function present(name: 'input' | 'output', value: Serde<unknown> | undefined): object {
  return value ? { [name]: value } : {};
}

/** Later options win; hooks add up, since an override must not silence a hook. */
function merge<A extends { hooks?: HooksProvider[] }, B extends { hooks?: HooksProvider[] }>(base: A, over: B): A & B {
  const hooks = [...(base.hooks ?? []), ...(over.hooks ?? [])];
  return { ...base, ...over, ...(hooks.length > 0 ? { hooks } : {}) };
}
