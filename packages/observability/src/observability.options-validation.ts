import { ReaOptionsError } from '@rea/core';
import { checkOptionNames, LONGEST_TIMER, toMillis } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';
import { OBSERVABILITY_SHAPE, type ObservabilityModuleOptions } from './observability.options.js';

const AT_MOST = `at most ${LONGEST_TIMER} ms (24.8 days)`;

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
  if (shutdownGrace !== undefined && !isWithin(shutdownGrace, 0)) {
    throw new ReaOptionsError(
      'hooks.shutdownGrace',
      `is ${JSON.stringify(shutdownGrace)}; it is a duration, 0 or more, and ${AT_MOST}.`,
    );
  }
  if (watch && watch.interval !== undefined && !isWithin(watch.interval, Number.MIN_VALUE)) {
    throw new ReaOptionsError(
      'watch.interval',
      `is ${JSON.stringify(watch.interval)}; it is longer than nothing, and ${AT_MOST}.`,
    );
  }
  if (typeof health === 'object' && health.timeout !== undefined && !isWithin(health.timeout, Number.MIN_VALUE)) {
    throw new ReaOptionsError(
      'health.timeout',
      `is ${health.timeout}; it is a number of milliseconds above 0, and ${AT_MOST}.`,
    );
  }
  return options;
}

/** @throws ReaOptionsError when it is empty, naming the option */
export function checkPath(option: string, path: string | false | undefined): void {
  if (path === '') throw new ReaOptionsError(option, 'is empty; it is a path such as /metrics, or false.');
}

/** Also tells what is not a number. */
function isWithin(duration: Duration | number, least: number): boolean {
  const millis = toMillis(duration);
  return millis >= least && millis <= LONGEST_TIMER;
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
