import { TerminalError } from '@restatedev/restate-sdk';
import { findKeyProblem, findMalformedKey, malformedKeyMessage } from '../durable/idempotency-key.js';
import { ERROR_METADATA } from '../invocation/error-mapping.js';
import type { Attempt } from '../invocation/attempt.js';

/**
 * What is wrong with the idempotency key of a call inside a handler, and the guardrails on it.
 *
 * @throws TerminalError (400, `REA3021`) when it cannot be a key
 * @throws PolicyViolationError when the policy refuses
 */
export function checkDurableKey(
  attempt: Attempt,
  verb: string,
  key: string | undefined,
  crossInvocation: boolean | undefined,
): void {
  if (key === undefined) return;
  const malformed = findMalformedKey(key);
  if (malformed !== undefined) {
    throw new TerminalError(malformedKeyMessage(verb, malformed), {
      errorCode: 400,
      metadata: { [ERROR_METADATA.code]: 'REA3021' },
    });
  }
  if (!crossInvocation) attempt.report('redundant-key', `${verb} with an idempotency key`);
  const problem = findKeyProblem(key);
  if (problem)
    attempt.report('weak-key', `${verb} with the idempotency key ${JSON.stringify(key)}, which ${problem},`, verb);
}
