import { each, type OptionShape } from '@rea/core/internal';
import { type IngressRetryOptions, RETRY_SHAPE } from './ingress-retry.js';

/** Injection token of the {@link IngressModuleOptions}. */
export const INGRESS_OPTIONS = Symbol('REA_INGRESS_OPTIONS');

/** Headers that a connection needs: fixed, or asked for before each attempt, for tokens that expire. */
export type IngressHeaders =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

/** How one ingress is reached. */
export interface IngressConnectionOptions {
  /** The ingress, for example `http://restate:8080`. */
  readonly url?: string;
  /** The admin API, for example `http://restate:9070`: only cancelling and killing invocations needs it. */
  readonly adminUrl?: string;
  /**
   * Headers on every request, for example `{ authorization: 'Bearer ...' }`, or a function that gives them, also
   * asynchronously; it is called before each attempt, so that it can renew what has expired.
   */
  readonly headers?: IngressHeaders;
  /**
   * Names of further headers that hold secrets and are not sent, as `authorization` and `cookie` are not, unless a call
   * allows it. Default: those of `ReaModule`. What {@link headers} says is sent: the connection needs it.
   */
  readonly secretHeaders?: readonly string[];
  /** Longest wait for an answer, retries included, in milliseconds, unless a call says otherwise. Default: none. */
  readonly timeout?: number;
  /**
   * Retries of requests that may be repeated: with an idempotency key, reads, signals, attach, output and submit, and
   * completions of awakeables. They follow on connections that fail and on 429, 502, 503 and 504, never on the failure of
   * a handler. `false`: none.
   */
  readonly retry?: IngressRetryOptions | boolean;
  /** Put before the name of every component, with a dot. */
  readonly namespace?: string;
}

/** A further ingress: nothing of `ReaModule` applies to it, except `secretHeaders`. */
export interface NamedConnectionOptions extends IngressConnectionOptions {
  /** The ingress, for example `http://restate:8080`. */
  readonly url: string;
}

/**
 * Options of `IngressModule`: those of the connection that clients use unless they name another one. All are optional:
 * by default it uses the Restate server of `ReaModule`, its headers and its namespace.
 */
export interface IngressModuleOptions extends IngressConnectionOptions {
  /** Further connections by name, for `@InjectIngress(Invoice, { connection: 'billing' })`. */
  readonly connections?: Readonly<Record<string, NamedConnectionOptions>>;
}

const CONNECTION: OptionShape<IngressConnectionOptions> = {
  url: true,
  adminUrl: true,
  headers: true,
  secretHeaders: true,
  timeout: true,
  retry: RETRY_SHAPE,
  namespace: true,
};

/** The names of the options of `IngressModule`, however deep. */
export const INGRESS_SHAPE: OptionShape<IngressModuleOptions> = { ...CONNECTION, connections: each(CONNECTION) };
