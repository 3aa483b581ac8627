import { TerminalError } from '@restatedev/restate-sdk';
import type { Violation } from './policy.types.js';

/**
 * Thrown where a guardrail refuses. It is terminal: the code would fail in the same way on every retry.
 * Status 500 towards a caller; the rule's code and id travel in the metadata.
 */
export class PolicyViolationError extends TerminalError {
  override name = 'PolicyViolationError';

  constructor(readonly violation: Violation) {
    super(describeViolation(violation), {
      errorCode: 500,
      metadata: { 'rea.code': violation.rule.code, 'rea.rule': violation.rule.id },
    });
  }
}

/** What, why and how, in one text for errors and logs. */
export function describeViolation({ rule, place, what }: Violation): string {
  return `${rule.code} ${rule.id}: ${what} in ${place}. ${rule.catches} ${rule.cure}`;
}
