import { Ambient } from '../ambient.js';
import { checkRuleId, parseMode } from './policy-resolution.js';
import type { PolicyMode, RuleId, RuleModes } from './policy.types.js';

/** The modes that the calling code has been given. */
interface CallModes {
  /** Of every rule that is not named. */
  readonly mode: PolicyMode | undefined;
  readonly rules: RuleModes;
}

const ambient = new Ambient<CallModes>();

/**
 * Runs a function under another policy: for one call that is right although a guardrail speaks against it, or for one that
 * has to be stricter than the rest. It comes before the modes of rules and of the module. `RESTATE_FRAMEWORK_POLICY` may
 * still tighten it. It depends on nothing but the code, so each replay decides alike.
 *
 * It holds for what the function does and awaits, and for runs that it starts. It nests: what the inner one does not name
 * stays as the outer one says.
 *
 * A rule that is `disabled` for the application cannot be tightened here where it concerns the context's own operations
 * (`context-in-run`, `shared-write`, `plane`, `blocking-exclusive`, `native-promise`, `unawaited`): the attempt has been given the bare
 * context.
 *
 * @example
 * ```ts
 * // Twelve years of weather, read once a month: large, and right here.
 * const history = await withPolicy({ 'large-value': 'disabled' }, () => run(ctx, 'weather', () => this.weather.all()));
 * ```
 *
 * @param modes a mode for every rule, or modes by rule
 * @param fn called at once; its result is given back
 * @throws PolicyConfigurationError (`REA2000`) on an unknown mode or rule id
 */
export function withPolicy<T>(modes: PolicyMode | RuleModes, fn: () => T): T {
  const outer = ambient.current;
  if (typeof modes === 'string') return ambient.run({ mode: parseMode(modes, 'withPolicy'), rules: {} }, fn);
  for (const [id, mode] of Object.entries(modes)) {
    checkRuleId(id, 'withPolicy');
    parseMode(mode, `withPolicy for ${id}`);
  }
  return ambient.run({ mode: outer?.mode, rules: { ...outer?.rules, ...modes } }, fn);
}

/** The function, under the policy of the code that calls this here: for what is only started under it. */
export function keepPolicy<R>(fn: () => R): () => R {
  const here = ambient.current;
  return here ? () => ambient.run(here, fn) : fn;
}

/** The mode that the calling code has been given for a rule. */
export function modeHere(id: RuleId): PolicyMode | undefined {
  const here = ambient.current;
  return here && (here.rules[id] ?? here.mode);
}
