import { PolicyConfigurationError } from '../policy/policy.error.js';

const SWITCH = 'REA_DETERMINISM_GUARD';

/**
 * Whether the guard is to be installed: as `REA_DETERMINISM_GUARD` says, else everywhere but in production.
 *
 * @throws PolicyConfigurationError when the variable is neither `on` nor `off`.
 */
export function isGuardWanted(env: NodeJS.ProcessEnv): boolean {
  const value = env[SWITCH];
  if (value === 'on') return true;
  if (value === 'off') return false;
  if (value) throw new PolicyConfigurationError(`REA2000: ${SWITCH} is "${value}". Use on or off.`);
  return env['NODE_ENV'] !== 'production';
}
