import { ReaOptionsError } from '@rea/core';
import { checkDurationOption, checkOptionNames, checkTimerOption, LONGEST_TIMER } from '@rea/core/internal';
import { OBSERVABILITY_SHAPE, type ObservabilityModuleOptions } from './observability.options.js';

/**
 * Refuses options that cannot work, when the module is defined.
 *
 * @throws ReaOptionsError naming the option's path and the cure
 */
export function validateObservabilityOptions(options: ObservabilityModuleOptions): ObservabilityModuleOptions {
  checkOptionNames('ObservabilityModule', options, OBSERVABILITY_SHAPE);
  const { hooks: { queueSize, shutdownGrace } = {}, metrics, watch, health } = options;
  if (typeof metrics === 'object') checkPath('metrics.path', metrics.path);
  if (queueSize !== undefined && !(Number.isInteger(queueSize) && queueSize >= 1)) {
    throw new ReaOptionsError('hooks.queueSize', `is ${queueSize}; it is a whole number, 1 or more.`);
  }
  checkDurationOption('hooks.shutdownGrace', shutdownGrace, { most: LONGEST_TIMER });
  if (watch) checkDurationOption('watch.interval', watch.interval, { least: 1, most: LONGEST_TIMER });
  if (typeof health === 'object') checkTimerOption('health.timeout', health.timeout, 1);
  return options;
}

/** @throws ReaOptionsError when it is empty, naming the option */
export function checkPath(option: string, path: string | false | undefined): void {
  if (path === '') throw new ReaOptionsError(option, 'is empty; it is a path such as /metrics, or false.');
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
