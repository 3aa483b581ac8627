import { ReaOptionsError } from '@rea/core';
import { checkDurationOption, LONGEST_TIMER } from '@rea/core/internal';
import type { SupervisorOptions } from './supervisor.options.js';

const ON_KILLED = ['report', 'roll-back'];

/** @throws ReaOptionsError naming the option's path and the cure */
export function validateSupervisorOptions({ interval, window, onKilled }: SupervisorOptions): void {
  if (onKilled !== undefined && !ON_KILLED.includes(onKilled)) {
    throw new ReaOptionsError(
      'supervisor.onKilled',
      `is ${JSON.stringify(onKilled)}; it is one of ${ON_KILLED.join(', ')}.`,
    );
  }
  checkDurationOption('supervisor.interval', interval, { least: 1, most: LONGEST_TIMER });
  checkDurationOption('supervisor.window', window, { least: 1 });
}
