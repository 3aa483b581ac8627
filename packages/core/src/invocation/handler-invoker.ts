import { type ApplicationConfig, type ContextId, ModuleRef, type ModulesContainer } from '@nestjs/core';
import type { Context, internal, WorkflowContext } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import { builtInOptions } from '../decorators/built-in.decorator.js';
import { deadlineInForce, retentionInForce } from '../endpoint/merged-options.js';
import type { ReaEvents } from '../events/rea-events.js';
import type { ReaModuleOptions } from '../rea.options.js';
import type { PolicyService } from '../policy/policy.service.js';
import { boundHandler } from '../workflow/deadline.js';
import { retentionOf } from '../workflow/retention.js';
import { STATUS_HANDLER } from '../workflow/workflow-status.js';
import { checkedOutput } from '../validation/checked-output.js';
import { onlyChecks } from '../validation/only-checks.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import { isStandardSchema, type Validator } from '../validation/validator.js';
import { followOperations } from '../durable/context-operations.js';
import { receivedCancel } from '../durable/received-cancel.js';
import { followProgress } from '../durable/interruption.js';
import { watchWaits } from '../durable/concurrency/native-promise-watch.js';
import { type Attempt, attemptOf, currentScope, leaveMethod } from './attempt.js';
import { callEnhanced, callMethod, type EnhancedCall } from './enhanced-call.js';
import { EnhancerContexts, type Enhancers, isEmpty, NO_ENHANCERS } from './enhancer-contexts.js';
import { asTerminalError, ERROR_METADATA } from './error-mapping.js';
import { createCallContext } from './call-context.js';
import { guardContext } from './guarded-context.js';
import { placeOf } from './handler-scope.js';
import { refuseUnawaited } from './unawaited.js';
import { noteEnd, noteStart } from './workflow-run-note.js';

/**
 * The function that the SDK calls for a handler: from the raw context and the parsed input to the method's result. It may
 * throw at once, which is the same to the SDK.
 */
export type Invoker = (ctx: Context, input: unknown) => Promise<unknown>;

type Method = (this: object, ctx: Context, input: unknown) => Promise<unknown>;

type EnhancersOf = (method: Method) => Enhancers;

/** Of a handler that no declaration describes. */
const NOTHING_DECLARED = { deadline: undefined, metatype: undefined, schema: undefined, clearState: false } as const;

/** Makes the invokers of an application's handlers. */
export class InvokerFactory {
  private readonly enhancers: EnhancerContexts;

  constructor(
    modules: ModulesContainer,
    config: ApplicationConfig,
    private readonly policy: PolicyService,
    private readonly options: ReaModuleOptions,
  ) {
    this.enhancers = new EnhancerContexts(modules, config);
  }

  /** Binds a handler's method, with validation, enhancers and the guarded context around it. */
  create(component: ComponentModel, handler: HandlerModel): Invoker {
    const theInput = `The input of ${placeOf(component, handler)}`;
    const theOutput = `The output of ${placeOf(component, handler)}`;
    const call = this.createCall(component, handler);
    const invoke: Invoker = (raw, rawInput) => {
      const ctx = openContext(raw, currentScope()?.attempt, this.policy);
      return call(ctx, check(handler.input.validate, rawInput, theInput));
    };
    const validateOutput = handler.output.validate;
    if (!validateOutput) return invoke;
    const converts = !onlyChecks(handler.declaration.options.output);
    return async (raw, rawInput) => {
      const output = await invoke(raw, rawInput);
      leaveMethod();
      return checkedOutput(validateOutput, output, theOutput, converts);
    };
  }

  private createCall(component: ComponentModel, handler: HandlerModel): Invoker {
    const { declaration } = handler;
    const deadline = deadlineInForce(component, handler, this.options);
    const prototype = component.type.prototype as Record<string, Method>;
    const types: unknown[] = Reflect.getMetadata('design:paramtypes', prototype, declaration.method) ?? [];
    const { input } = declaration.options;
    const missing = missingMethod(component, declaration.method);
    const clearsState = retentionOf(retentionInForce(component, this.options))?.clearState ?? false;
    const schema = isStandardSchema(input) ? input : undefined;
    const toCall = (instance: object, enhancersOf: EnhancersOf): EnhancedCall => {
      const method = (instance as Record<string, Method | undefined>)[declaration.method] ?? missing;
      return {
        instance,
        method,
        enhancers: enhancersOf(method),
        deadline,
        metatype: types[1],
        schema,
        clearState: clearsState,
      };
    };
    return this.onInstance(component, toCall, declaration.kind === 'run' ? invokeRun : invokeCall);
  }

  /**
   * Puts a handler that Rea adds to a component behind the guards of its class, and the global ones that have opted in;
   * their filters may replace a refusal. Interceptors and pipes are for the class's own inputs and answers. Without guards
   * it needs no instance, so that one of request scope is not made for it.
   */
  createAdded(component: ComponentModel, method: Method): Invoker {
    const { type, provider } = component;
    // What a factory gives may be of another class, with guards of its own.
    if (provider.metatype === type && !this.enhancers.hasGuards(type)) {
      const call = { ...NOTHING_DECLARED, instance: type.prototype as object, method, enhancers: NO_ENHANCERS };
      return (ctx, value) => invokeUnbounded(call, ctx, value);
    }
    const toCall = (instance: object, enhancersOf: EnhancersOf): EnhancedCall => {
      const { guards, filters } = enhancersOf(method);
      const enhancers = { ...NO_ENHANCERS, guards, filters: guards.length > 0 ? filters : [] };
      return { ...NOTHING_DECLARED, instance, method, enhancers };
    };
    return this.onInstance(component, toCall, invokeUnbounded);
  }

  /**
   * Calls on the provider's instance: the one instance, or with request scope a fresh one per attempt, unless the
   * application's `ContextIdStrategy` shares it.
   */
  private onInstance(
    component: ComponentModel,
    toCall: (instance: object, enhancersOf: EnhancersOf) => EnhancedCall,
    invoke: typeof invokeCall,
  ): Invoker {
    const { provider } = component;
    const isBuiltIn = builtInOptions(component.type) !== undefined;
    const bind = (instance: object, contextId?: ContextId, inquirerId?: string): EnhancedCall =>
      toCall(instance, (method) =>
        isBuiltIn
          ? NO_ENHANCERS
          : this.enhancers.create(instance, method as never, provider.host!.token, contextId, inquirerId),
      );
    if (provider.isDependencyTreeStatic() && !provider.isTransient) {
      const call = bind(provider.instance as object);
      return (ctx, value) => invoke(call, ctx, value);
    }
    const moduleRef: ModuleRef = provider.host!.getProviderByKey(ModuleRef).instance;
    const isDurable = provider.isDependencyTreeDurable();
    return async (ctx, value) => {
      const decideGuards = isFresh(ctx);
      const contextId = createCallContext(ctx, moduleRef, isDurable);
      const instance: object = await moduleRef.resolve(provider.token as string, contextId, { strict: true });
      return invoke(bind(instance, contextId, provider.id), ctx, value, decideGuards);
    };
  }
}

/** For an instance that turns out not to have a handler's method: trying again would not help. */
function missingMethod({ type }: ComponentModel, method: string): Method {
  return () => {
    throw new TerminalError(
      `REA1095: The provider of ${type.name} gave an instance without the handler method ${method}(). Let it be an instance of ${type.name}, or give it that method.`,
      { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA1095' } },
    );
  };
}

function openContext(raw: Context, attempt: Attempt | undefined, policy: PolicyService): Context {
  if (!attempt) return raw;
  attempt.replays = !isFresh(raw);
  followOperations(raw);
  followProgress(raw);
  attempt.handler.instrumentation?.opened?.(raw, attempt);
  if (policy.watchesPromises || policy.watchesAwaits) watchWaits(raw);
  if (policy.guardsContext || observesState(attempt.handler.events)) return guardContext(raw, attempt);
  attempt.bind(raw);
  return raw;
}

function observesState(events: ReaEvents): boolean {
  return events.observes('state-set') || events.observes('state-get') || events.observes('state-cleared');
}

function check(validate: Validator | undefined, value: unknown, subject: string): unknown {
  if (!validate) return value;
  const result = validate(value);
  if ('details' in result) throw new ValidationFailedError(subject, result.details, 400);
  return result.value;
}

/** Whether this attempt starts without a journal: nothing has been done yet, so the guards have not decided. */
function isFresh(ctx: Context): boolean {
  return (ctx as internal.ContextInternal).isProcessing();
}

function invokeCall(call: EnhancedCall, ctx: Context, input: unknown, fresh?: boolean): Promise<unknown> {
  const { deadline } = call;
  if (deadline === undefined) return invokeUnbounded(call, ctx, input, fresh);
  // The deadline's own timer is in the journal before anybody asks whether there is one.
  const decideGuards = fresh ?? isFresh(ctx);
  return boundHandler(ctx, deadline, () => invokeUnbounded(call, ctx, input, decideGuards));
}

function invokeUnbounded(call: EnhancedCall, ctx: Context, input: unknown, fresh?: boolean): Promise<unknown> {
  if (isEmpty(call.enhancers)) return callAlone(call, ctx, input);
  return callEnhanced(call, ctx, input, fresh ?? isFresh(ctx));
}

/** Calls the method with nothing of the application's around it: the scope of the attempt becomes the method's. */
function callAlone(call: EnhancedCall, ctx: Context, input: unknown): Promise<unknown> {
  const scope = currentScope();
  if (scope) scope.inMethod = true;
  return callMethod(call, ctx, input);
}

/**
 * As {@link invokeCall}, for a workflow's run: notes its start and its end for by-key attach and output, and clears its
 * state after success where that is declared. The start is noted once the guards have let the run in, so that they still
 * recognise a fresh attempt as fresh.
 */
async function invokeRun(call: EnhancedCall, ctx: Context, input: unknown, fresh = isFresh(ctx)): Promise<unknown> {
  // What Rea notes itself is not the handler's doing: its guardrails do not apply.
  const workflow = (attemptOf(ctx)?.ctx ?? ctx) as WorkflowContext;
  try {
    const output = await invokeCall({ ...call, before: () => noteStart(workflow) }, ctx, input, fresh);
    if (call.clearState) {
      const attempt = attemptOf(ctx);
      if (attempt) refuseUnawaited(attempt);
      await clearState(workflow);
    }
    noteEnd(workflow);
    return output;
  } catch (error) {
    const toTerminal = attemptOf(ctx)?.handler.asTerminalError ?? asTerminalError;
    if (toTerminal(error) || receivedCancel(workflow)) noteEnd(workflow);
    throw error;
  }
}

/** Clears what the handler stored; how far the workflow came stays readable. */
async function clearState(ctx: WorkflowContext): Promise<void> {
  for (const key of await ctx.stateKeys()) if (key !== STATUS_HANDLER) ctx.clear(key);
}
