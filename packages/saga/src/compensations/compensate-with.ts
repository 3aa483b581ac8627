import type { StepOutcome } from '../saga/step.types.js';
import type { CompensationKey } from './compensation-key.js';

/** A compensation by name, with what it will be given. */
export interface NamedCompensation {
  readonly compensation: string;
  /** JSON. */
  readonly payload: unknown;
}

/**
 * Names the `@Compensation` that undoes a step, and what it is given. Its payload has to be plain JSON: it may be stored
 * in a dead letter.
 *
 * @param key a key made by `compensationKey`, with which the compiler checks the payload, or a name
 * @param payload the payload; or a function that makes it from the action's outcome, in place of
 *   `(outcome) => compensateWith(key, payload)`, where the compiler cannot tell what type the outcome has
 *
 * @example
 * ```ts
 * compensate: (outcome) => compensateWith(releaseStock, { orderId, hold: outcome.known ? outcome.value.id : undefined }),
 * ```
 */
export function compensateWith<R = unknown>(
  key: CompensationKey<never> | string,
  payload: (outcome: StepOutcome<R>) => unknown,
): (outcome: StepOutcome<R>) => NamedCompensation;
export function compensateWith<P>(key: CompensationKey<P>, payload: NoInfer<P>): NamedCompensation;
export function compensateWith(key: string, payload?: unknown): NamedCompensation;
export function compensateWith(key: { readonly name: string } | string, payload?: unknown): unknown {
  const compensation = typeof key === 'string' ? key : key.name;
  if (typeof payload !== 'function') return { compensation, payload: payload ?? null };
  return (outcome: StepOutcome<unknown>): NamedCompensation => ({
    compensation,
    payload: (payload as (outcome: StepOutcome<unknown>) => unknown)(outcome) ?? null,
  });
}
