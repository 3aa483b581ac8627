import { findKeyProblem } from '../durable/idempotency-key.js';
import type { Attempt } from '../invocation/attempt.js';

/** The guardrails on idempotency keys of calls inside handlers. @throws PolicyViolationError when the policy refuses */
export function checkDurableKey(
  attempt: Attempt,
  verb: string,
  key: string | undefined,
  crossInvocation: boolean | undefined,
): void {
  if (key === undefined) return;
  if (!crossInvocation) attempt.report('redundant-key', `${verb} with an idempotency key`);
  const problem = findKeyProblem(key);
  if (problem)
    attempt.report('weak-key', `${verb} with the idempotency key ${JSON.stringify(key)}, which ${problem},`, verb);
}
