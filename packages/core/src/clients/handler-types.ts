import type { Context, InferInput, InferOutput } from '@restatedev/restate-sdk';
import type { AnyWorkflowSharedContext } from '../decorators/handler-signature.js';

/** The parameters after the context, when a method is a handler; `never` otherwise. */
type InputParameters<M> = M extends (ctx: infer C, ...input: infer I) => Promise<unknown>
  ? C extends Context
    ? I extends [] | [unknown?]
      ? I
      : never
    : never
  : never;

/** Names of the `(ctx, input?)` methods of a class, or of the handlers of a contract. */
export type HandlerNames<T> = T extends { readonly _handlers: infer H }
  ? keyof H & string
  : { [K in keyof T]: [InputParameters<T[K]>] extends [never] ? never : K }[keyof T] & string;

/** `[input?]` or `[input]` of a handler. */
export type HandlerInput<T, K> = T extends { readonly _handlers: infer H }
  ? K extends keyof H
    ? [InferInput<H[K]>] extends [void]
      ? []
      : [input: InferInput<H[K]>]
    : never
  : K extends keyof T
    ? InputParameters<T[K]>
    : never;

/** What a handler's promise resolves to. */
export type HandlerOutput<T, K> = T extends { readonly _handlers: infer H }
  ? K extends keyof H
    ? InferOutput<H[K]>
    : never
  : K extends keyof T
    ? T[K] extends (...args: never[]) => Promise<infer O>
      ? O
      : never
    : never;

/** The parameters of a client's verb: the input, when the handler takes one, and then options, always second. */
export type WithOptions<Input extends unknown[], Options> = Input extends []
  ? [input?: undefined, options?: Options]
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
