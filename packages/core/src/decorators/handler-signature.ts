import type {
  Context,
  InferInput,
  InferOutput,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import type { CheckedHandler } from './handler-payload.js';
import type { AcceptedBy, ParsedBy } from './handler-schema.js';

// A context over typed state is only assignable when the state parameter is `any`; the type stays inside checks.
/* oxlint-disable typescript/no-explicit-any */
export type AnyObjectContext = ObjectContext<any>;
export type AnyObjectSharedContext = ObjectSharedContext<any>;
export type AnyWorkflowContext = WorkflowContext<any>;
export type AnyWorkflowSharedContext = WorkflowSharedContext<any>;
/* oxlint-enable typescript/no-explicit-any */

/** `(ctx, input) => Promise<output>`: what a handler method has to be, given its context and its schemas. */
export type HandlerMethod<C, In, Out> = (
  ctx: C,
  input: In extends undefined ? never : ParsedBy<In>,
) => Promise<Out extends undefined ? unknown : AcceptedBy<Out>>;

/** Applies to methods of the given shape only; anything else is a compile error at the decorator. */
export type HandlerDecorator<C, In, Out> = <M extends HandlerMethod<C, In, Out>>(
  target: object,
  propertyKey: string,
  descriptor: M extends () => unknown ? 'The first parameter of a handler is its context' : CheckedHandler<M, In, Out>,
) => void;

/** As {@link HandlerDecorator}, for the run method: its context must be `WorkflowContext`, nothing weaker. */
export type WorkflowRunDecorator<In, Out> = <M extends HandlerMethod<AnyWorkflowContext, In, Out>>(
  target: object,
  propertyKey: string,
  descriptor: M extends (ctx: AnyWorkflowSharedContext, input: never) => unknown
    ? 'The first parameter of a @WorkflowRun method must be a WorkflowContext'
    : CheckedHandler<M, In, Out>,
) => void;

/** As {@link HandlerDecorator}, for queries: they return something. */
export type WorkflowQueryDecorator<In, Out> = <M extends HandlerMethod<AnyWorkflowSharedContext, In, Out>>(
  target: object,
  propertyKey: string,
  descriptor: M extends (ctx: never, input: never) => Promise<void>
    ? 'A @WorkflowQuery method returns a value; use @WorkflowSignal for one that returns nothing'
    : CheckedHandler<M, In, Out>,
) => void;

/** As {@link HandlerDecorator}, for signals: they return nothing. */
export type WorkflowSignalDecorator<In> = <M extends HandlerMethod<AnyWorkflowSharedContext, In, undefined>>(
  target: object,
  propertyKey: string,
  descriptor: M extends (ctx: never, input: never) => Promise<void>
    ? CheckedHandler<M, In, undefined>
    : 'A @WorkflowSignal method returns nothing (Promise<void>); use @WorkflowQuery for one that returns a value',
) => void;

/** Names of methods whose first parameter is a Restate context that `C` does not satisfy. */
export type MethodsWithWrongContext<I, C> = {
  [K in keyof I]: I[K] extends (ctx: infer X, ...rest: never[]) => unknown
    ? X extends Context
      ? [C] extends [X]
        ? never
        : K
      : never
    : never;
}[keyof I];

/** Accepts classes all of whose handler methods can be called with the context `C`. */
export type ComponentDecorator<C, Kind extends string> = <T extends abstract new (...args: never[]) => object>(
  target: [MethodsWithWrongContext<InstanceType<T>, C>] extends [never]
    ? T
    : `The method "${MethodsWithWrongContext<InstanceType<T>, C> & string}" takes a context that a ${Kind} does not have`,
) => void;

/** The methods that a contract asks of a class, on the contexts that its kind of component has. */
type ContractMethods<H, Exclusive, SharedContext> = {
  [K in keyof H]: H[K] extends { readonly _shared?: true }
    ? (ctx: SharedContext, input: InferInput<H[K]>) => Promise<InferOutput<H[K]>>
    : (ctx: Exclusive, input: InferInput<H[K]>) => Promise<InferOutput<H[K]>>;
};

/** Accepts classes that implement every handler of a service contract. */
export type ServiceContractDecorator<H> = <
  T extends abstract new (...args: never[]) => ContractMethods<H, Context, Context>,
>(
  target: T,
) => void;

/** Accepts classes that implement every handler of an object contract. */
export type ObjectContractDecorator<H> = <
  T extends abstract new (...args: never[]) => ContractMethods<H, AnyObjectContext, AnyObjectSharedContext>,
>(
  target: T,
) => void;

/** Accepts classes that implement every handler of a workflow contract; its `run` method is the workflow's body. */
export type WorkflowContractDecorator<H> = <
  T extends abstract new (
    ...args: never[]
  ) => ContractMethods<Pick<H, 'run' & keyof H>, AnyWorkflowContext, never> &
    ContractMethods<Omit<H, 'run'>, AnyWorkflowSharedContext, AnyWorkflowSharedContext>,
>(
  target: T,
) => void;
