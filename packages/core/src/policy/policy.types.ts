import type { OptionShape } from '../option-shape.js';

/** What a guardrail does when it fires: refuse, report once per place, or nothing. */
export type PolicyMode = 'strict' | 'warn' | 'disabled';

/**
 * `unsafe`: going on would corrupt state or break replay, so it is refused in `strict` and in `warn`.
 * `advisory`: refused in `strict`, logged once per place in `warn`.
 */
export type Severity = 'unsafe' | 'advisory';

/** A guardrail's static description. Its {@link id} is what configuration, events and documentation name it by. */
export interface Rule {
  readonly id: RuleId;
  /** Stable error code, for example `REA2001`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence: what it catches and why that hurts. */
  readonly catches: string;
  /** One sentence: what to do instead. */
  readonly cure: string;
}

/** The ids of all guardrails. */
export type RuleId =
  | 'context-in-run'
  | 'shared-write'
  | 'missing-key'
  | 'determinism'
  | 'ingress-in-handler'
  | 'redundant-key'
  | 'submit-key'
  | 'weak-key'
  | 'plane'
  | 'blocking-exclusive'
  | 'self-call'
  | 'large-value'
  | 'oversize-value'
  | 'workflow-retention'
  | 'native-promise'
  | 'unawaited'
  | 'unawaited-call'
  | 'saga-unregistered'
  | 'saga-late-compensation'
  | 'saga-step-reused'
  | 'saga-many-steps'
  | 'saga-too-many-steps'
  | 'saga-kill-policy'
  | 'secret-header'
  | 'lossy-value'
  | 'unvalidated-input'
  | 'mangled-name'
  | 'endpoint-security';

/** One guardrail that fired, as it is published and logged. */
export interface Violation {
  readonly rule: Rule;
  /** Where: the handler (`Cart/addItem`), or the client and verb outside a handler. */
  readonly place: string;
  /** What exactly was done there, for example `ctx.set("lines")`. */
  readonly what: string;
  /** Whether it was refused (an error was thrown) or only reported. */
  readonly refused: boolean;
  /** The invocation, when it happened inside a handler. */
  readonly invocationId?: string;
}

/** A fixed mode for single rules. */
export type RuleModes = Partial<Record<RuleId, PolicyMode>>;

/** The `policy` option of `ReaModule`: one mode for all, or a mode and exceptions by rule. */
export type PolicyOptions = PolicyMode | { readonly mode?: PolicyMode; readonly rules?: RuleModes };

/** The names of rules are checked where modes are read. */
export const POLICY_SHAPE: OptionShape<Exclude<PolicyOptions, PolicyMode>> = { mode: true, rules: true };
