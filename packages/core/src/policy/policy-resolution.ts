import { PolicyConfigurationError } from './policy.error.js';
import type { PolicyMode, PolicyOptions, RuleModes } from './policy.types.js';
import { isRuleId, RULES } from './rules.js';

const MODES: readonly PolicyMode[] = ['disabled', 'warn', 'strict'];

/** The variable that may tighten the policy of a running application without a code change. */
const POLICY_VARIABLE = 'RESTATE_FRAMEWORK_POLICY';

/** The stricter of two modes. */
export function stricter(a: PolicyMode, b: PolicyMode): PolicyMode {
  return MODES.indexOf(a) >= MODES.indexOf(b) ? a : b;
}

/** @throws PolicyConfigurationError when the value is not a mode. */
export function parseMode(value: string, where: string): PolicyMode {
  const mode = MODES.find((candidate) => candidate === value);
  if (!mode) {
    throw new PolicyConfigurationError(
      `REA2000: ${where} is "${value}", which is not a policy mode. Use one of strict, warn, disabled.`,
    );
  }
  return mode;
}

/** @throws PolicyConfigurationError when the id is not a guardrail's. */
export function checkRuleId(id: string, where: string): void {
  if (isRuleId(id)) return;
  throw new PolicyConfigurationError(
    `REA2000: ${where} names "${id}", which is not a guardrail. Known ids: ${Object.keys(RULES).join(', ')}.`,
  );
}

/** The modes that are in force for one application. */
export interface ResolvedPolicy {
  readonly mode: PolicyMode;
  readonly rules: RuleModes;
  /** The environment's mode; it may tighten what code says, never loosen it. */
  readonly floor: PolicyMode;
}

/**
 * Module option first, then the environment variable, then `CI` or `NODE_ENV=production` (strict), else warn.
 *
 * @throws PolicyConfigurationError on an unknown mode or rule id, naming where it was written.
 */
export function resolvePolicy(option: PolicyOptions | undefined, env: NodeJS.ProcessEnv): ResolvedPolicy {
  const { mode, rules = {} } = typeof option === 'object' ? option : { mode: option };
  for (const [id, ruleMode] of Object.entries(rules)) {
    checkRuleId(id, 'policy.rules');
    parseMode(ruleMode, `policy.rules["${id}"]`);
  }
  const fromEnvironment = env[POLICY_VARIABLE] ? parseMode(env[POLICY_VARIABLE], POLICY_VARIABLE) : undefined;
  const byDefault = env['CI'] || env['NODE_ENV'] === 'production' ? 'strict' : 'warn';
  const chosen = mode === undefined ? undefined : parseMode(mode, 'policy');
  return { mode: chosen ?? fromEnvironment ?? byDefault, rules, floor: fromEnvironment ?? 'disabled' };
}
