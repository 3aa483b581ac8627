import { ReaOptionsError } from '@rea/core';
import { toMillis } from '@rea/core/internal';
import type { ObservabilityModuleOptions } from './observability.options.js';

/**
 * Refuses options that cannot work, when the module is defined.
 *
 * @throws ReaOptionsError naming the option's path and the cure
 */
export function validateObservabilityOptions(options: ObservabilityModuleOptions): ObservabilityModuleOptions {
  const { hooks: { queueSize, shutdownGrace } = {}, metrics, watch, health } = options;
  if (typeof metrics === 'object' && metrics.path === '') {
    throw new ReaOptionsError('metrics.path', 'is empty; it is a path such as /metrics, or false.');
  }
  if (queueSize !== undefined && !(Number.isInteger(queueSize) && queueSize >= 1)) {
    throw new ReaOptionsError('hooks.queueSize', `is ${queueSize}; it is a whole number, 1 or more.`);
  }
  if (shutdownGrace !== undefined && !(toMillis(shutdownGrace) >= 0)) {
    throw new ReaOptionsError(
      'hooks.shutdownGrace',
      `is ${JSON.stringify(shutdownGrace)}; it is a duration, 0 or more.`,
    );
  }
  if (watch && watch.interval !== undefined && !(toMillis(watch.interval) > 0)) {
    throw new ReaOptionsError('watch.interval', `is ${JSON.stringify(watch.interval)}; it is longer than nothing.`);
  }
  if (typeof health === 'object' && health.timeout !== undefined && !(health.timeout > 0)) {
    throw new ReaOptionsError('health.timeout', `is ${health.timeout}; it is a number of milliseconds above 0.`);
  }
  return options;
}

/** As {@link validateObservabilityOptions}, of a factory. @throws ReaOptionsError also for a path, which comes too late */
export function validateFactoryOptions(options: ObservabilityModuleOptions): ObservabilityModuleOptions {
  if (typeof options.metrics === 'object' && options.metrics.path !== undefined) {
    throw new ReaOptionsError(
      'metrics.path',
      'comes from a factory, which runs after routes are fixed; give metricsPath beside the factory.',
    );
  }
  return validateObservabilityOptions(options);
}
