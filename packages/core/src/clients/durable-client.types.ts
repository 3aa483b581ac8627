import type {
  ClientCallOptions,
  ClientSendOptions,
  InvocationHandle,
  InvocationPromise,
} from '@restatedev/restate-sdk';
import type { FitsObject, FitsService, FitsWorkflow } from './client-kind.js';
import type {
  HandlerInput,
  HandlerNames,
  HandlerOutput,
  NoSubmitKey,
  HandlersOf,
  InputOf,
  KeysOf,
  OutputOf,
  QueryNames,
  RunName,
  SignalNames,
  WithOptions,
} from './handler-types.js';
import type { WorkflowStatus } from '../workflow/workflow-status.js';

/** Options of a durable call. Headers and keys are journaled: they have to be the same on every replay. */
export interface CallOptions extends ClientCallOptions<never, unknown> {
  /** Says that other invocations make the same call with this idempotency key, so that the key is not redundant. */
  readonly crossInvocation?: boolean;
  /** Restate's scope for the callee's identity. Experimental in Restate; needs flow control to be enabled there. */
  readonly restateScope?: string;
  /**
   * Names of headers that are in the journal knowingly, although they usually hold secrets (`authorization`, `cookie`, the
   * module's `secretHeaders`). Others fire the guardrail `secret-header`.
   */
  readonly allowSecretHeaders?: readonly string[];
}

/** Options of `attach`, `output`, `cancel` and `status` of a workflow: what its guards ask for. Journaled like those of a call. */
export type WorkflowReadOptions = Pick<CallOptions, 'headers' | 'allowSecretHeaders'>;

/** Options of a one-way call. */
export interface SendOptions extends ClientSendOptions<never> {
  /** As in {@link CallOptions.crossInvocation}. */
  readonly crossInvocation?: boolean;
  /** As in {@link CallOptions.restateScope}. */
  readonly restateScope?: string;
  /** As in {@link CallOptions.allowSecretHeaders}. */
  readonly allowSecretHeaders?: readonly string[];
}

/** `call.<handler>(input, options?)`: a durable future that combines with others, times out and has an invocation id. */
export type DurableCalls<T, Names extends string = HandlerNames<T>> = CallsOf<HandlersOf<T>, KeysOf<T, Names>>;

type CallsOf<H, Names extends keyof H> = {
  readonly [K in Names]: (...args: WithOptions<InputOf<H[K]>, CallOptions>) => InvocationPromise<OutputOf<H[K]>>;
};

/** `send.<handler>(input, options?)`: a message that is delivered once, now or after a delay; nobody waits for it. */
export type DurableSends<T, Names extends string = HandlerNames<T>> = SendsOf<HandlersOf<T>, KeysOf<T, Names>>;

type SendsOf<H, Names extends keyof H> = {
  readonly [K in Names]: (...args: WithOptions<InputOf<H[K]>, SendOptions>) => InvocationHandle;
};

interface CallAndSend<T> {
  /** Calls a handler and gives its durable result. */
  readonly call: DurableCalls<T>;
  /** Sends a message to a handler. */
  readonly send: DurableSends<T>;
}

/** Durable client of a service, for use inside handlers. Its verbs are errors in words for other kinds of components. */
export interface ServiceClient<T> {
  /** Calls a handler and gives its durable result. */
  readonly call: FitsService<T, DurableCalls<T>>;
  /** Sends a message to a handler. */
  readonly send: FitsService<T, DurableSends<T>>;
}

/** Durable client of a virtual object, for use inside handlers. Its verb is an error in words for workflows. */
export interface ObjectClient<T> {
  /**
   * Addresses one object.
   *
   * @param key 1 to 256 characters without control characters
   * @throws TerminalError (400) when the key is not valid
   */
  readonly of: FitsObject<T, (key: string) => CallAndSend<T>>;
}

/** Options of a submission. It takes no idempotency key: the workflow id is one. */
export interface SubmitOptions extends Omit<SendOptions, 'idempotencyKey' | 'crossInvocation'> {
  /** Not for workflows. */
  readonly idempotencyKey?: NoSubmitKey;
}

/** A workflow that this handler has submitted. */
export interface SubmittedWorkflow<Output> extends InvocationHandle {
  /** Waits for the workflow's result. */
  attach(): Promise<Output>;
}

/** What is known of a workflow's result. */
export type WorkflowOutput<Output> = { readonly ready: false } | { readonly ready: true; readonly result: Output };

/** One workflow, addressed by its id. */
export interface AddressedWorkflow<T> {
  /** Starts the workflow; does nothing when a workflow with this id exists. */
  submit(
    ...args: WithOptions<HandlerInput<T, RunName<T>>, SubmitOptions>
  ): SubmittedWorkflow<HandlerOutput<T, RunName<T>>>;
  /**
   * Waits for the result of a workflow that has been submitted.
   *
   * @throws TerminalError (404, `REA3004`) when it has not started within 5 s; 403 when a guard of its class refuses
   */
  attach(options?: WorkflowReadOptions): Promise<HandlerOutput<T, RunName<T>>>;
  /**
   * The result, without waiting for it. A workflow that was killed stays `ready: false`.
   *
   * @throws TerminalError (403) when a guard of its class refuses
   */
  output(options?: WorkflowReadOptions): Promise<WorkflowOutput<HandlerOutput<T, RunName<T>>>>;
  /**
   * Cancels the run of the workflow, durably: it gets a `CancelledError` where it waits, and can undo what it has done. The
   * promise resolves when the request is on its way, which is before the run has ended. Does nothing when it has ended.
   *
   * @throws TerminalError (404, `REA3004`) when it has not started within 5 s; 403 when a guard of its class refuses
   */
  cancel(options?: WorkflowReadOptions): Promise<void>;
  /**
   * How far the workflow has come, by its own word: for workflows with `@Workflow({ status: true })`.
   *
   * @throws TerminalError (404, `REA3005`) for other workflows; 403 when a guard of its class refuses
   */
  status(options?: WorkflowReadOptions): InvocationPromise<WorkflowStatus>;
  /** Tells the running workflow something; resolves once the signal's handler has run. */
  readonly signal: DurableCalls<T, SignalNames<T>>;
  /** Asks the workflow something. */
  readonly query: DurableCalls<T, QueryNames<T>>;
}

/** Durable client of a workflow, for use inside handlers. Its verb is an error in words for other kinds of components. */
export interface WorkflowClient<T> {
  /**
   * Addresses one workflow.
   *
   * @param id 1 to 256 characters without control characters
   * @throws TerminalError (400) when the id is not valid
   */
  readonly of: FitsWorkflow<T, (id: string) => AddressedWorkflow<T>>;
}
