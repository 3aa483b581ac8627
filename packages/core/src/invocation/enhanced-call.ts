import { ForbiddenException, type PipeTransform } from '@nestjs/common';
import { RouteParamtypes, selectExceptionFilterMetadata } from '@nestjs/common/internal';
import { ExecutionContextHost, GuardsConsumer, InterceptorsConsumer, PipesConsumer } from '@nestjs/core/internal';
import { CancelledError, type Context, type Duration } from '@restatedev/restate-sdk';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Enhancers } from './enhancer-contexts.js';
import { RESTATE_CONTEXT_TYPE } from './execution-context.js';
import { inMethod, withoutDurableOperations } from './attempt.js';

type Method = (ctx: Context, input: unknown) => Promise<unknown>;

const guardsConsumer = new GuardsConsumer();
const interceptorsConsumer = new InterceptorsConsumer();
const pipesConsumer = new PipesConsumer();

/** A handler method with its enhancers around it. */
export interface EnhancedCall {
  readonly enhancers: Enhancers;
  readonly instance: object;
  readonly method: Method;
  /** Called right before the method, once guards and pipes have let the input in. */
  readonly before?: () => void;
  /** Whether the workflow's state is cleared after success. */
  readonly clearState: boolean;
  /** How long the call may take, when it has a deadline. */
  readonly deadline: Duration | number | undefined;
  /** The class of the input parameter, for pipes that validate by class. */
  readonly metatype: unknown;
  /** The declared Standard Schema of the input, for pipes that validate by schema. */
  readonly schema: unknown;
}

/**
 * Guards, interceptors, pipes, the handler, filters. A failure of the handler stays a failure whatever interceptors and
 * filters return; they may replace the error by throwing another, but never a cancellation.
 *
 * @param decideGuards false when the journal already holds entries: the guards have let this invocation in then
 */
export async function callEnhanced(
  call: EnhancedCall,
  ctx: Context,
  input: unknown,
  decideGuards: boolean,
): Promise<unknown> {
  try {
    if (decideGuards) await withoutDurableOperations('a guard', () => decide(call, [ctx, input]));
    return await intercept(call, ctx, input);
  } catch (error) {
    return filter(call, [ctx, input], error);
  }
}

/** The method itself. */
export function callMethod({ instance, method, before }: EnhancedCall, ctx: Context, input: unknown): Promise<unknown> {
  before?.();
  return method.call(instance, ctx, input);
}

async function decide({ enhancers, instance, method }: EnhancedCall, args: unknown[]): Promise<void> {
  const guards = [...enhancers.guards];
  const allowed = await guardsConsumer.tryActivate(guards, args, instance, method as never, RESTATE_CONTEXT_TYPE);
  if (!allowed) throw new ForbiddenException('A guard refused the invocation.');
}

async function intercept(call: EnhancedCall, ctx: Context, input: unknown): Promise<unknown> {
  const { enhancers, instance, method } = call;
  let failure: { readonly error: unknown } | undefined;
  const next = async (): Promise<unknown> => {
    try {
      const value = await transform(call, input);
      return await inMethod(() => callMethod(call, ctx, value));
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  let result: unknown;
  try {
    const answer: unknown = await interceptorsConsumer.intercept(
      [...enhancers.interceptors],
      [ctx, input],
      instance,
      method as never,
      next,
      RESTATE_CONTEXT_TYPE,
    );
    result = isObservable(answer) ? await lastValueFrom(answer, { defaultValue: undefined }) : answer;
  } catch (error) {
    throw failure?.error instanceof CancelledError ? failure.error : error;
  }
  if (failure) throw failure.error;
  return result;
}

async function transform({ enhancers, metatype, schema }: EnhancedCall, input: unknown): Promise<unknown> {
  const pipes = [...enhancers.pipes] as PipeTransform[];
  if (pipes.length === 0) return input;
  // Pipes such as ValidationPipe skip parameters of other types than these.
  const metadata = { type: RouteParamtypes.BODY, metatype, schema, data: undefined };
  return pipesConsumer.apply(input, metadata as never, pipes);
}

/** Gives the error to the nearest filter for its class. What the filter returns is no answer: only its throw counts. */
async function filter({ enhancers, instance, method }: EnhancedCall, args: unknown[], error: unknown): Promise<never> {
  const match = selectExceptionFilterMetadata([...enhancers.filters], error);
  if (!match) throw error;
  const host = new ExecutionContextHost(args, instance.constructor as never, method);
  host.setType(RESTATE_CONTEXT_TYPE);
  try {
    const answer: unknown = await match.func(error, host);
    if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
  } catch (replacement) {
    throw error instanceof CancelledError ? error : replacement;
  }
  throw error;
}
