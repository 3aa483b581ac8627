import type { RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import type { AnyWorkflowSharedContext } from '../decorators/handler-signature.js';
import { declarePayload, envelopeSerde, type PayloadOptions, rejectionEnvelope, settle, unwrap } from './rejection.js';

/** A promise of a workflow, declared once: its name, type and schema. Made by {@link promiseKey}. */
export interface PromiseKey<T> {
  readonly name: string;
  readonly options: PayloadOptions<T>;
}

/** Declares a durable promise of a workflow. @param name unique in the workflow; part of its journal, keep it stable */
export function promiseKey<T>(name: string, options: PayloadOptions<T> = {}): PromiseKey<T> {
  declarePayload(`promise "${name}"`, options);
  return { name, options };
}

/** A promise that a workflow's run waits for and its signals settle. It settles once; later attempts change nothing. */
export interface WorkflowPromise<T> {
  /** The durable future. @throws TerminalError what it was rejected with, status and metadata included */
  get(): RestatePromise<T>;
  /** The value so far: undefined while it is open. @throws TerminalError what it was rejected with */
  peek(): Promise<T | undefined>;
  /** Settles it with a value. @throws TerminalError (409) when it is settled already */
  resolve(value: T): Promise<void>;
  /** Settles it with a failure. @throws TerminalError (409) when it is settled already */
  reject(reason: string | TerminalError): Promise<void>;
}

/**
 * A durable promise of the workflow the handler runs for, the same one in its run, signals and queries.
 *
 * @param key declared with {@link promiseKey}
 */
export function promise<T>(ctx: AnyWorkflowSharedContext, { name, options }: PromiseKey<T>): WorkflowPromise<T> {
  const durable = () => ctx.promise<unknown>(name, envelopeSerde(options.serde));
  const subject = `The value of promise "${name}"`;
  return {
    get: () => settle(durable().get() as RestatePromise<T>, subject, options),
    peek: async () => {
      const value = await durable().peek();
      return value === undefined ? undefined : unwrap(value as T, subject, options);
    },
    resolve: (value) => durable().resolve(value),
    reject: (reason) => durable().resolve(rejectionEnvelope(reason)),
  };
}
