import type { RetryPolicy } from '@restatedev/restate-sdk-clients';

/** Injection token of the {@link IngressModuleOptions}. */
export const INGRESS_OPTIONS = Symbol('REA_INGRESS_OPTIONS');

/** Options of `IngressModule`. All are optional: by default it uses the Restate server of `ReaModule`. */
export interface IngressModuleOptions {
  /** The ingress, for example `http://restate:8080`. Default: the one of `ReaModule`. */
  readonly url?: string;
  /** Headers on every request, for example `{ authorization: 'Bearer ...' }`. Default: those of `ReaModule`. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Names of further headers that hold secrets and are not sent, as `authorization` and `cookie` are not, unless a call
   * allows it. Default: those of `ReaModule`. What {@link headers} says is sent: the connection needs it.
   */
  readonly secretHeaders?: readonly string[];
  /** Longest wait for an answer, in milliseconds, unless a call says otherwise. Default: none. */
  readonly timeout?: number;
  /**
   * Retries after network failures and 408, 425, 429, 5xx of the ingress. Only requests that may run twice are retried:
   * those with an idempotency key, submit, attach and output. Default: on, up to 6 attempts in 60 s.
   */
  readonly retry?: RetryPolicy | boolean;
}
