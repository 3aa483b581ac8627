import { ContextIdFactory, ModuleRef } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Context, ObjectContext, Request } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import type { PolicyService } from '../policy/policy.service.js';
import { ValidationFailedError } from '../validation/validation-failed.error.js';
import type { Validator } from '../validation/validator.js';
import { currentScope } from './attempt.js';
import { guardContext } from './guarded-context.js';
import { RUN_STATE, type RunState } from './workflow-run-state.js';

type Method = (ctx: Context, input: unknown) => Promise<unknown>;

/** The function that the SDK calls for a handler: from the raw context and the parsed input to the method's result. */
export type Invoker = (ctx: Context, input: unknown) => Promise<unknown>;

/** Binds a handler's method, with its validation and the guarded context around it. */
export function createInvoker(component: ComponentModel, handler: HandlerModel, policy: PolicyService): Invoker {
  const { kind } = handler.declaration;
  const readOnly = kind === 'shared' || kind === 'signal' || kind === 'query';
  const place = placeOf(component, handler);
  const call = createCall(component.provider, handler.declaration.method);
  const invoke: Invoker = async (raw, rawInput) => {
    const ctx = openContext(raw, readOnly, policy);
    const input = check(handler.input.validate, rawInput, `The input of ${place}`, 400);
    return check(handler.output.validate, await call(ctx, input), `The output of ${place}`, 500);
  };
  return kind === 'run' ? recordRun(invoke) : invoke;
}

/** How messages name a handler: `Cart/addItem`. */
export function placeOf({ declaration }: ComponentModel, handler: HandlerModel): string {
  return `${declaration.name}/${handler.declaration.name}`;
}

function openContext(raw: Context, readOnly: boolean, policy: PolicyService): Context {
  const attempt = currentScope()?.attempt;
  if (!attempt) return raw;
  const guarded = policy.modeOf('context-in-run') !== 'disabled' || policy.modeOf('shared-write') !== 'disabled';
  if (guarded) return guardContext(raw, attempt, readOnly);
  attempt.bind(raw);
  return raw;
}

function check(validate: Validator | undefined, value: unknown, subject: string, status: 400 | 500): unknown {
  if (!validate) return value;
  const result = validate(value);
  if ('details' in result) throw new ValidationFailedError(subject, result.details, status);
  return result.value;
}

/** Calls the method on the provider's instance: the one instance, or with request scope a fresh one per attempt. */
function createCall(provider: InstanceWrapper, method: string): Method {
  if (provider.isDependencyTreeStatic() && !provider.isTransient) {
    const instance: Record<string, Method> = provider.instance;
    return (ctx, input) => instance[method]!(ctx, input);
  }
  const moduleRef: ModuleRef = provider.host!.getProviderByKey(ModuleRef).instance;
  return async (ctx, input) => {
    const contextId = ContextIdFactory.create();
    moduleRef.registerRequestByContextId<Request>(ctx.request(), contextId);
    const instance: Record<string, Method> = await moduleRef.resolve(provider.token as string, contextId, {
      strict: true,
    });
    return instance[method]!(ctx, input);
  };
}

/**
 * Notes the run's invocation id, and later its end, in the workflow's state. By-key attach and output of durable
 * clients read it through a shared handler, since the SDK attaches by invocation id only.
 */
function recordRun(invoke: Invoker): Invoker {
  return async (ctx, input) => {
    const { id } = ctx.request();
    const state = ctx as ObjectContext;
    state.set<RunState>(RUN_STATE, { id, done: false });
    try {
      const output = await invoke(ctx, input);
      state.set<RunState>(RUN_STATE, { id, done: true });
      return output;
    } catch (error) {
      if (error instanceof TerminalError) state.set<RunState>(RUN_STATE, { id, done: true });
      throw error;
    }
  };
}
