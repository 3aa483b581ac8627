import type { Duration, Serde } from '@restatedev/restate-sdk';
import type { WorkflowOutput, WorkflowStatus } from '@rea/core';
import type {
  FitsObject,
  FitsService,
  FitsWorkflow,
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
} from '@rea/core/internal';

/** How long to wait for an answer. */
export interface IngressBounds {
  /** Longest wait for an answer, in milliseconds; then a 504 is thrown. The invocation goes on. */
  readonly timeout?: number | undefined;
  /** Gives the wait up when aborted, for example when the HTTP client has gone. The invocation goes on. */
  readonly signal?: AbortSignal | undefined;
}

interface RequestOptions extends IngressBounds {
  /**
   * Headers for this request. Restate keeps them in the journal, where whoever reads it sees them; so `authorization`,
   * `cookie`, `proxy-authorization`, `set-cookie` and the module's `secretHeaders` are left out.
   */
  readonly headers?: Record<string, string>;
  /** Names of headers that are sent and kept in the journal although they usually hold secrets. */
  readonly allowSecretHeaders?: readonly string[];
}

/** Options of reads: queries, signals and shared handlers. */
export interface IngressReadOptions extends RequestOptions {
  /** Format of the input, when it is neither JSON nor declared by the handler. */
  readonly input?: Serde<never>;
  /** Format of the output, when it is neither JSON nor declared by the handler. */
  readonly output?: Serde<unknown>;
}

/** Options of a call. */
export interface IngressCallOptions extends IngressReadOptions {
  /**
   * Stable for one action of one user: the same key twice runs the handler once and answers twice. `false` says that
   * running it twice is fine. Leaving it out on a write fires the guardrail `missing-key`.
   */
  readonly idempotencyKey?: string | false | undefined;
}

/** Options of a one-way call. */
export interface IngressSendOptions extends IngressCallOptions {
  /** How long Restate keeps the message before it delivers it: milliseconds, or `{ minutes: 5 }`. */
  readonly delay?: number | Duration;
}

/** Options of a workflow's submission. It needs no idempotency key: the workflow id is one. */
export interface IngressSubmitOptions extends Omit<IngressSendOptions, 'idempotencyKey'> {
  /** Not for workflows. */
  readonly idempotencyKey?: NoSubmitKey;
}

/** Options of waiting for a result. */
export interface IngressAttachOptions extends IngressBounds {
  /** Format of the output, when it is neither JSON nor declared by the handler. */
  readonly output?: Serde<unknown>;
}

/** A message that Restate has accepted. */
export interface SentInvocation<Output> {
  readonly invocationId: string;
  /** False when this idempotency key had been sent before. */
  readonly accepted: boolean;
  /** Waits for the result. Restate keeps it only for messages sent with an idempotency key. */
  result(options?: IngressAttachOptions): Promise<Output>;
}

/** A workflow that Restate has accepted. */
export interface IngressSubmittedWorkflow<Output> {
  readonly invocationId: string;
  /** False when a workflow with this id existed already. */
  readonly accepted: boolean;
  /** Waits for the workflow's result. */
  attach(options?: IngressAttachOptions): Promise<Output>;
}

/** `call.<handler>(input, options?)`: calls a handler and waits for its answer. */
export type IngressCalls<T, Names extends string = HandlerNames<T>, Options = IngressCallOptions> = CallsOf<
  HandlersOf<T>,
  KeysOf<T, Names>,
  Options
>;

type CallsOf<H, Names extends keyof H, Options> = {
  readonly [K in Names]: (...args: WithOptions<InputOf<H[K]>, Options>) => Promise<OutputOf<H[K]>>;
};

/** `send.<handler>(input, options?)`: hands a message over; the promise resolves once Restate has it. */
export type IngressSends<T, Names extends string = HandlerNames<T>> = SendsOf<HandlersOf<T>, KeysOf<T, Names>>;

type SendsOf<H, Names extends keyof H> = {
  readonly [K in Names]: (
    ...args: WithOptions<InputOf<H[K]>, IngressSendOptions>
  ) => Promise<SentInvocation<OutputOf<H[K]>>>;
};

/** `attach.<handler>(idempotencyKey, options?)`: waits for the result of a call that was made with this key. */
export type IngressAttaches<T, Names extends string = HandlerNames<T>> = AttachesOf<HandlersOf<T>, KeysOf<T, Names>>;

type AttachesOf<H, Names extends keyof H> = {
  readonly [K in Names]: (idempotencyKey: string, options?: IngressAttachOptions) => Promise<OutputOf<H[K]>>;
};

/** `output.<handler>(idempotencyKey, options?)`: the result of such a call, without waiting for it. */
export type IngressOutputs<T, Names extends string = HandlerNames<T>> = OutputsOf<HandlersOf<T>, KeysOf<T, Names>>;

type OutputsOf<H, Names extends keyof H> = {
  readonly [K in Names]: (
    idempotencyKey: string,
    options?: IngressAttachOptions,
  ) => Promise<WorkflowOutput<OutputOf<H[K]>>>;
};

/** The verbs of services and objects. All of them throw Nest HTTP exceptions: see {@link InvocationFailedException}. */
export interface IngressCallAndSend<T> {
  readonly call: IngressCalls<T>;
  readonly send: IngressSends<T>;
  /** By idempotency key, in any process. @throws an exception with status 404 when no call has had the key */
  readonly attach: IngressAttaches<T>;
  /** By idempotency key, in any process. @throws an exception with status 404 when no call has had the key */
  readonly output: IngressOutputs<T>;
}

/** Typed client of a service, for controllers, jobs and tests. Its verbs are errors in words for other kinds of components. */
export type IngressServiceClient<T> = {
  readonly [Verb in keyof IngressCallAndSend<T>]: FitsService<T, IngressCallAndSend<T>[Verb]>;
};

/** Typed client of a virtual object, for controllers, jobs and tests. Its verb is an error in words for workflows. */
export interface IngressObjectClient<T> {
  /** Addresses one object. @throws InvalidKeyException (400) when the key is empty, too long or has control characters */
  readonly of: FitsObject<T, (key: string) => IngressCallAndSend<T>>;
}

/** One workflow, addressed by its id. */
export interface IngressAddressedWorkflow<T> {
  /** Starts the workflow. With a known id nothing is started, and `accepted` is false. */
  submit(
    ...args: WithOptions<HandlerInput<T, RunName<T>>, IngressSubmitOptions>
  ): Promise<IngressSubmittedWorkflow<HandlerOutput<T, RunName<T>>>>;
  /** Waits for the result. @throws an exception with status 404 when the id is not known */
  attach(options?: IngressAttachOptions): Promise<HandlerOutput<T, RunName<T>>>;
  /** The result, without waiting for it. */
  output(options?: IngressAttachOptions): Promise<WorkflowOutput<HandlerOutput<T, RunName<T>>>>;
  /**
   * Cancels the run: it gets a `CancelledError` where it waits, and can undo what it has done. It resolves when Restate has
   * taken the request, which is before the run has ended; `attach()` waits for that. Needs the admin API.
   *
   * @throws IngressRefusedException with status 404 when the id is not known, 409 when the workflow has ended
   * @throws IngressMisuseException (500, `REA4008`) without the admin API
   */
  cancel(options?: IngressBounds): Promise<void>;
  /**
   * How far the workflow has come, by its own word: for workflows with `@Workflow({ status: true })`.
   *
   * @throws an exception with status 404 for other workflows
   */
  status(options?: IngressReadOptions): Promise<WorkflowStatus>;
  /** Tells the running workflow something; resolves once the signal's handler has run. */
  readonly signal: IngressCalls<T, SignalNames<T>, IngressReadOptions>;
  /** Asks the workflow something. */
  readonly query: IngressCalls<T, QueryNames<T>, IngressReadOptions>;
}

/** Typed client of a workflow, for controllers, jobs and tests. Its verb is an error in words for other components. */
export interface IngressWorkflowClient<T> {
  /** Addresses one workflow. @throws InvalidKeyException (400) when the id is empty, too long or has control characters */
  readonly of: FitsWorkflow<T, (id: string) => IngressAddressedWorkflow<T>>;
}
