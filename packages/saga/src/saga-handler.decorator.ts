import 'reflect-metadata';
import { Inject } from '@nestjs/common';
import type { Context } from '@restatedev/restate-sdk';
import { amendHandler, checkDecoratedMethod, checkOptionNames, type OptionShape } from '@rea/core/internal';
import { SAGA_RUN_SHAPE, type SagaRunOptions } from './saga/saga-run.options.js';
import { SagaStartError } from './saga.errors.js';
import { Sagas } from './sagas.service.js';

/** Options of {@link SagaHandler}. */
export interface SagaHandlerOptions extends SagaRunOptions {
  /** The saga's name. Default: the method's. */
  readonly name?: string;
}

const SHAPE: OptionShape<SagaHandlerOptions> = { ...SAGA_RUN_SHAPE, name: true };

/** The property in which a class with `@SagaHandler` methods has its sagas. */
export const SAGAS = Symbol('rea.sagas');
const SAGA_HANDLERS = Symbol.for('@rea/saga.handlers');

/** A method that takes a context: what can be a handler. */
type HandlerMethod = (ctx: never, input: never) => Promise<unknown>;

/**
 * Makes a handler a saga as a whole: its body is the saga's block, and finds the saga with `currentSaga()`. Stands beside
 * `@Handler` or `@WorkflowRun`, in any order.
 *
 * The handler runs with Restate's explicit cancellation: calls of a rollback are then ordinary calls, where a saga in
 * another handler has to shield each from Restate, at the cost of a message per call.
 *
 * @example
 * ```ts
 * @Handler()
 * @SagaHandler({ deadline: { minutes: 10 } })
 * async checkout(ctx: Context, order: OrderInput) {
 *   const saga = currentSaga();
 *   await saga.step('reserve', { ... });
 * }
 * ```
 */
export function SagaHandler(
  options: SagaHandlerOptions = {},
): <M extends HandlerMethod>(target: object, method: string, descriptor: TypedPropertyDescriptor<M>) => void {
  return <M extends HandlerMethod>(target: object, method: string, descriptor: TypedPropertyDescriptor<M>) => {
    checkDecoratedMethod('@SagaHandler', target, method, descriptor);
    checkOptionNames(`@SagaHandler of ${target.constructor.name}.${method}`, options, SHAPE);
    const { name = method, ...run } = options;
    const body = descriptor.value as unknown as (this: object, ctx: Context, input: unknown) => Promise<unknown>;
    const place = `${target.constructor.name}.${method}`;
    async function handle(this: { readonly [SAGAS]?: Sagas }, ctx: Context, input: unknown): Promise<unknown> {
      const sagas = this[SAGAS];
      if (!sagas) throw notInjected(place);
      return sagas.run(ctx, name, () => body.call(this, ctx, input), run);
    }
    Object.defineProperty(handle, 'name', { value: method });
    // What decorators below have left on the method: guards, pipes and so on.
    for (const key of Reflect.getMetadataKeys(body)) {
      Reflect.defineMetadata(key, Reflect.getMetadata(key, body), handle);
    }
    descriptor.value = handle as unknown as M;
    Inject(Sagas)(target, SAGAS);
    amendHandler(target, method, { explicitCancellation: true });
    const own: string[] = Reflect.getOwnMetadata(SAGA_HANDLERS, target) ?? [];
    Reflect.defineMetadata(SAGA_HANDLERS, [...own, method], target);
  };
}

/** Names of the methods of a class that are `@SagaHandler`s, inherited ones included. */
export function sagaHandlersOf(prototype: object): Set<string> {
  const found = new Set<string>();
  for (let proto: object | null = prototype; proto; proto = Object.getPrototypeOf(proto)) {
    for (const method of (Reflect.getOwnMetadata(SAGA_HANDLERS, proto) ?? []) as string[]) found.add(method);
  }
  return found;
}

/** For a `@SagaHandler` of an instance that a factory or the application itself has made. */
export function notInjected(place: string): SagaStartError {
  return new SagaStartError(
    'REA1042',
    `${place} is a @SagaHandler, but Nest has not created its instance, so it has no sagas.`,
    'Provide the class itself, not a factory or a value; in unit tests create it with Test.createTestingModule().',
  );
}
