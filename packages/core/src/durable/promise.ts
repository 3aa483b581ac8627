import type { RestatePromise, Serde, TerminalError } from '@restatedev/restate-sdk';
import type { AnyWorkflowSharedContext } from '../decorators/handler-signature.js';
import type { Journaled } from './journaled.js';
import { declarePayload, envelopeSerde, type PayloadOptions, rejectionEnvelope, settle, unwrap } from './rejection.js';
import { type FormattedPayload, payloadForJournal, type PlainPayload } from './payload-format.js';

declare const READ: unique symbol;

/** A promise of a workflow, declared once: its name, type and schema. Made by {@link promiseKey}. */
export interface PromiseKey<T, Read = T> {
  readonly name: string;
  readonly options: PayloadOptions<T>;
  /** Type only: what awaiting gives. */
  readonly [READ]?: Read;
}

/**
 * Declares a durable promise of a workflow. Without a schema or a serde, awaiting gives the value as JSON gives it back.
 *
 * @param name unique in the workflow; part of its journal, keep it stable
 */
export function promiseKey<T>(name: string, options: PayloadOptions<T> & FormattedPayload<T>): PromiseKey<T>;
export function promiseKey<T>(name: string, options?: PlainPayload): PromiseKey<T, Journaled<T>>;
export function promiseKey<T>(name: string, options: PayloadOptions<T> = {}): PromiseKey<T, never> {
  declarePayload(`promise "${name}"`, options);
  return { name, options };
}

/** A promise that a workflow's run waits for and its signals settle. It settles once; later attempts change nothing. */
export interface WorkflowPromise<T, Read = T> {
  /** The durable future. @throws TerminalError what it was rejected with, status and metadata included */
  get(): RestatePromise<Read>;
  /** The value so far: undefined while it is open. @throws TerminalError what it was rejected with */
  peek(): Promise<Read | undefined>;
  /**
   * Settles it with a value, which the promise's schema has to accept; else the promise stays open.
   *
   * @throws ValidationFailedError (terminal, 400) when the value does not fit the schema
   * @throws TerminalError (409) when it is settled already; (500, `REA7020`) when its format cannot write the value
   */
  resolve(value: T): Promise<void>;
  /** Settles it with a failure. @throws TerminalError (409) when it is settled already */
  reject(reason: string | TerminalError): Promise<void>;
}

/**
 * A durable promise of the workflow the handler runs for, the same one in its run, signals and queries.
 *
 * @param key declared with {@link promiseKey}
 */
export function promise<T, Read = T>(
  ctx: AnyWorkflowSharedContext,
  { name, options }: PromiseKey<T, Read>,
): WorkflowPromise<T, Read> {
  const format = envelopeSerde(options.serde as Serde<unknown> | undefined);
  const durable = () => ctx.promise<unknown>(name, format);
  const subject = `The value of promise "${name}"`;
  return {
    get: () => settle(durable().get() as RestatePromise<Read>, subject, options),
    peek: async () => {
      const value = await durable().peek();
      return value === undefined ? undefined : unwrap(value as Read, subject, options);
    },
    resolve: (value) => {
      const written = payloadForJournal(ctx, value, format, options, subject);
      return ctx.promise<unknown>(name, written.serde).resolve(written.value);
    },
    reject: (reason) => durable().resolve(rejectionEnvelope(reason)),
  };
}
