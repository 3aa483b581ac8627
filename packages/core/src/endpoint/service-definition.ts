import {
  handlers as sdk,
  type HooksProvider,
  object,
  type Serde,
  serde as sdkSerde,
  service,
  type ServiceDefinition,
  type ServiceOptions as SdkServiceOptions,
  type VirtualObjectDefinition,
  workflow,
  type WorkflowDefinition,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { qualify } from '../clients/namespace.js';
import type { ServedFormats } from '../clients/served-formats.js';
import { allowNondeterminism } from '../determinism/allow-nondeterminism.js';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import type { ReaEvents } from '../events/rea-events.js';
import { errorOf } from '../failures/thrown.js';
import { asTerminalError } from '../invocation/error-mapping.js';
import { attemptHook } from '../invocation/attempt-hook.js';
import type { Invoker, InvokerFactory } from '../invocation/handler-invoker.js';
import type { FailedMessages } from '../invocation/failed-messages.js';
import type { InvocationStarts } from '../invocation/invocation-starts.js';
import { currentScope, leaveMethod } from '../invocation/attempt.js';
import { checkLoss, checkSize, serialise } from '../durable/journal-value.js';
import { isPlainJson } from '../durable/lossy-value.js';
import { refuseUnserialisable } from '../durable/unserialisable-output.js';
import { createHandlerScope, type HandlerScope } from '../invocation/handler-scope.js';
import { readRunNote, RUN_NOTE_HANDLER } from '../invocation/workflow-run-note.js';
import { terminalMapping } from './terminal-mapping.js';
import { componentOptions, handlerOptions } from './merged-options.js';
import { readStatus, STATUS_HANDLER } from '../workflow/workflow-status.js';
import type { Instrumentation } from '../instrumentation/instrumentation.js';
import type { PolicyService } from '../policy/policy.service.js';
import type { ReaModuleOptions } from '../rea.options.js';

export type AnyDefinition =
  ServiceDefinition<string, unknown> | VirtualObjectDefinition<string, unknown> | WorkflowDefinition<string, unknown>;

/** What the definitions need from the running application. */
export interface DefinitionContext {
  readonly options: ReaModuleOptions;
  readonly policy: PolicyService;
  readonly events: ReaEvents;
  readonly starts: InvocationStarts;
  readonly failed: FailedMessages;
  readonly invokers: InvokerFactory;
  readonly formats: ServedFormats;
  readonly instrumentation: Instrumentation | undefined;
}

/** Of the handlers that Rea adds: their clients know their format, whatever the component's is. */
const ADDED = {
  input: sdkSerde.json as Serde<unknown>,
  output: sdkSerde.json as Serde<unknown>,
  asTerminalError: terminalMapping(undefined),
};

/** Makes the SDK's definition of a component: its options merged, its handlers bound. */
export function createDefinition(component: ComponentModel, context: DefinitionContext): AnyDefinition {
  const { kind, name } = component.declaration;
  const { description, metadata, deadline: _deadline, ...options } = componentOptions(component, context.options);
  const handlers: Record<string, unknown> = {};
  const outermost = context.instrumentation?.hooks ?? [];
  const hooks = [...outermost, ...outsideMethods(component, options.hooks, context.options)];
  for (const handler of component.handlers) {
    handlers[handler.declaration.name] = createHandler(component, handler, options, context);
  }
  const run = component.handlers.find(({ declaration }) => declaration.kind === 'run');
  if (run) {
    // What they read, the run has written, in its format.
    const { serde } = handlerOptions(component, run, context.options);
    const add = (added: object, read: (ctx: WorkflowSharedContext) => Promise<unknown>) =>
      sdk.workflow.shared(
        { ...ADDED, ...(serde ? { serde } : {}), ...added },
        context.invokers.createAdded(component, (ctx) => read(ctx as unknown as WorkflowSharedContext)),
      );
    handlers[RUN_NOTE_HANDLER] = add({ ingressPrivate: true }, readRunNote);
    if (component.declaration.options.status) handlers[STATUS_HANDLER] = add({}, readStatus);
  }
  const definition = {
    name: qualify(context.options, name),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
    options: { ...options, ...(hooks.length > 0 ? { hooks } : {}) },
    handlers,
  };
  const create = { service, object, workflow }[kind] as (value: typeof definition) => AnyDefinition;
  return create(definition);
}

/**
 * The hooks of a component, behind one more where the application has hooks: the SDK calls those of a run from within the
 * handler's method, whose guardrails do not apply to them.
 */
function outsideMethods(
  component: ComponentModel,
  hooks: readonly HooksProvider[] = [],
  options: ReaModuleOptions,
): HooksProvider[] {
  const anyHooks =
    hooks.length > 0 || component.handlers.some((each) => handlerOptions(component, each, options).hooks);
  return anyHooks ? [() => ({ interceptor: OUTERMOST }), ...hooks] : [];
}

/** Around the application's own hooks, which may throw anything, too. */
const OUTERMOST: NonNullable<ReturnType<HooksProvider>['interceptor']> = {
  handler: (next) => readable(next),
  run: (_name, next) => readable(() => allowNondeterminism(next)),
};

async function readable(next: () => Promise<void>): Promise<void> {
  try {
    await next();
  } catch (thrown) {
    throw asTerminalError(thrown) ?? errorOf(thrown);
  }
}

function createHandler(
  component: ComponentModel,
  handler: HandlerModel,
  ofComponent: Pick<SdkServiceOptions, 'asTerminalError' | 'serde'>,
  { options: module, policy, events, starts, failed, invokers, formats, instrumentation }: DefinitionContext,
): unknown {
  const { deadline: _deadline, ...merged } = handlerOptions(component, handler, module);
  const userMapping = merged.asTerminalError ?? ofComponent.asTerminalError;
  const toTerminal = terminalMapping(userMapping);
  const scope = createHandlerScope(component, handler, module, policy, events, toTerminal, formats, instrumentation);
  const options = {
    ...merged,
    ...present('input', handler.input.serde),
    output: bounded(scope, handler.output.serde ?? merged.serde ?? ofComponent.serde),
    asTerminalError: toTerminal,
    hooks: [...(merged.hooks ?? []), attemptHook(scope, starts, failed)],
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

/** The output's format, with the guardrails on size: what is too large never reaches the journal. */
function bounded(scope: HandlerScope, serde: Serde<unknown> = sdkSerde.json as Serde<unknown>): Serde<unknown> {
  const what = `The output of ${scope.place}`;
  const isJson = isPlainJson(serde);
  return Object.create(serde, {
    serialize: {
      value: (output: unknown) => {
        leaveMethod();
        if (isJson) refuseUnserialisable(output, what);
        const attempt = currentScope()?.attempt;
        const bytes = serialise(serde, output, what);
        checkSize(attempt, bytes.byteLength, what);
        if (isJson) checkLoss(attempt, output, what);
        return bytes;
      },
    },
  }) as Serde<unknown>;
}
