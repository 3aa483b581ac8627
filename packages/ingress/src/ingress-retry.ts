import { given, type HttpAnswer, type OptionShape } from '@rea/core/internal';
import { answerSource } from './ingress-answer.js';

/** When requests that may be repeated are repeated. */
export interface IngressRetryOptions {
  /** Attempts in all, at least 1. Default 6. */
  readonly maxAttempts?: number;
  /** Wait before the second attempt, in milliseconds; each further one doubles it. Default 250. */
  readonly initialInterval?: number;
  /** Longest wait between attempts, in milliseconds; a `Retry-After` of the server may be longer. Default 3 000. */
  readonly maxInterval?: number;
  /** No attempt begins later than this after the first, in milliseconds. Default 60 000. */
  readonly maxDuration?: number;
}

export const RETRY_SHAPE: OptionShape<IngressRetryOptions> = {
  maxAttempts: true,
  initialInterval: true,
  maxInterval: true,
  maxDuration: true,
};

/** The same, complete. */
export type RetryPolicy = Required<IngressRetryOptions>;

const DEFAULTS: RetryPolicy = { maxAttempts: 6, initialInterval: 250, maxInterval: 3_000, maxDuration: 60_000 };

/** The policy in force; undefined when nothing is retried. */
export function retryPolicyOf(retry: IngressRetryOptions | boolean = true): RetryPolicy | undefined {
  if (retry === false) return undefined;
  return retry === true ? DEFAULTS : { ...DEFAULTS, ...given(retry) };
}

const TRANSIENT: readonly number[] = [429, 502, 503, 504];

/** Whether another attempt may get another answer. What a handler answered stays as it is. */
export function isTransient(answer: HttpAnswer): boolean {
  return TRANSIENT.includes(answer.status) && answerSource(answer) !== 'invocation';
}

/**
 * How long to wait before the next attempt, in milliseconds; undefined when there is none.
 *
 * @param attempt how many there have been
 * @param elapsed since the first, in milliseconds
 */
export function waitBefore(
  { maxAttempts, initialInterval, maxInterval, maxDuration }: RetryPolicy,
  attempt: number,
  elapsed: number,
  answer: HttpAnswer | undefined,
): number | undefined {
  if (attempt >= maxAttempts) return undefined;
  const backoff = Math.min(initialInterval * 2 ** (attempt - 1), maxInterval);
  // Between half of it and all of it, so that clients that failed together do not come back together.
  const wait = retryAfter(answer) ?? backoff * (0.5 + Math.random() / 2);
  return elapsed + wait > maxDuration ? undefined : wait;
}

/** What the server asks for: seconds or a date. */
function retryAfter(answer: HttpAnswer | undefined): number | undefined {
  const value = answer?.headers['retry-after'];
  if (value === undefined) return undefined;
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}
