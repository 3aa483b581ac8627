import { currentScope, withScope } from '../invocation/attempt.js';

/**
 * Runs a function without the determinism guard: for a use of the clock, of randomness or of a timer that cannot
 * influence what the handler does durably, such as a measurement that is only logged. Outside handlers, and where the
 * guard is not installed, it only calls the function.
 *
 * @example
 * ```ts
 * const startedAt = allowNondeterminism(() => performance.now());
 * ```
 */
export function allowNondeterminism<T>(fn: () => T): T {
  const scope = currentScope();
  return scope?.inMethod ? withScope({ ...scope, inMethod: false }, fn) : fn();
}
