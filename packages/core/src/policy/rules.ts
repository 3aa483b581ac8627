import type { Rule, RuleId } from './policy.types.js';

/** Every guardrail, by id. */
export const RULES: { readonly [Id in RuleId]: Rule & { readonly id: Id } } = {
  'context-in-run': {
    id: 'context-in-run',
    code: 'REA2001',
    severity: 'unsafe',
    catches:
      'The durable context was used inside a run closure (or a guard); a replay skips it, so the journal would no longer match.',
    cure: 'Use the context before or after the run, and pass plain values into the closure.',
  },
  'shared-write': {
    id: 'shared-write',
    code: 'REA2002',
    severity: 'unsafe',
    catches:
      'State was written from a shared handler; shared handlers run beside the exclusive one, and the write would be lost.',
    cure: 'Write state in an exclusive handler (@Handler), and keep shared handlers read-only.',
  },
  'missing-key': {
    id: 'missing-key',
    code: 'REA2003',
    severity: 'advisory',
    catches:
      'A write went through the ingress without an idempotency key; a retried HTTP request would run the handler twice.',
    cure: 'Pass { idempotencyKey } that is stable for the user action, or { idempotencyKey: false } if running twice is fine.',
  },
};

/** Whether a string is the id of a guardrail. */
export function isRuleId(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}
