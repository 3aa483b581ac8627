import type { Context, InferInput, InferOutput } from '@restatedev/restate-sdk';
import type { AnyWorkflowSharedContext } from '../decorators/handler-signature.js';
import type { Returned } from '../durable/journaled.js';

/** The parameters after the context, when a method is a handler; `never` otherwise. */
type InputParameters<M> = M extends (ctx: infer C, ...input: infer I) => Promise<unknown>
  ? C extends Context
    ? I extends [] | [unknown?]
      ? I
      : never
    : never
  : never;

/** Where the handlers are declared: a class, or the handlers of a contract. */
export type HandlersOf<T> = T extends { readonly _handlers: infer H } ? H : T;

/** Names of the `(ctx, input?)` methods of a class, or of the handlers of a contract. */
export type HandlerNames<T> = T extends { readonly _handlers: infer H }
  ? keyof H & string
  : { [K in keyof T]: [InputParameters<T[K]>] extends [never] ? never : K }[keyof T] & string;

/** `[input?]` or `[input]` of a handler: a method of a class, or a handler of a contract. */
export type InputOf<M> = M extends (...args: never[]) => unknown
  ? InputParameters<M>
  : [InferInput<M>] extends [void]
    ? []
    : [input: InferInput<M>];

/** What callers are given: what the method returns as JSON gives it back, or what the contract says. */
export type OutputOf<M> = M extends (...args: never[]) => Promise<infer O>
  ? Returned<O>
  : M extends (...args: never[]) => unknown
    ? never
    : InferOutput<M>;

/** {@link InputOf} by the handler's name. */
export type HandlerInput<T, K> = K extends keyof HandlersOf<T> ? InputOf<HandlersOf<T>[K]> : never;

/** {@link OutputOf} by the handler's name. */
export type HandlerOutput<T, K> = K extends keyof HandlersOf<T> ? OutputOf<HandlersOf<T>[K]> : never;

/** The names among the keys of what {@link HandlersOf} gives: verbs are mapped over it, so that editors find the methods. */
export type KeysOf<T, Names> = Names & keyof HandlersOf<T>;

declare const REFUSED: unique symbol;

/** A type without values: the compiler quotes the words where one is given. */
export interface Refused<Words extends string> {
  readonly [REFUSED]: Words;
}

/** What stands where a handler takes no input. */
export type NoInput = Refused<'This handler takes no input, and options are the second argument: (undefined, { ... })'>;

/** What stands for the idempotency key of a submission. */
export type NoSubmitKey = Refused<"A workflow's id is its idempotency key: leave this out">;

/** The parameters of a client's verb: the input, when the handler takes one, and then options, always second. */
export type WithOptions<Input extends unknown[], Options> = Input extends []
  ? [input?: NoInput | undefined, options?: Options]
  : Input extends [infer I]
    ? [input: I, options?: Options]
    : Input extends [(infer I)?]
      ? [input?: I, options?: Options]
      : never;

/** The handlers of a workflow that run beside it: their context may be a shared one. */
type BesideRun<T> = T extends { readonly _handlers: infer H }
  ? Exclude<keyof H & string, 'run'>
  : {
      [K in HandlerNames<T>]: T[K & keyof T] extends (ctx: AnyWorkflowSharedContext, input: never) => unknown
        ? K
        : never;
    }[HandlerNames<T>];

/** The name of a workflow's run method. */
export type RunName<T> = Exclude<HandlerNames<T>, BesideRun<T>>;

/** Signals: the workflow's other handlers that return nothing. */
export type SignalNames<T> = {
  [K in BesideRun<T>]: [HandlerOutput<T, K>] extends [void] ? K : never;
}[BesideRun<T>];

/** Queries: the workflow's other handlers that return something. */
export type QueryNames<T> = Exclude<BesideRun<T>, SignalNames<T>>;
