import { ReaOptionsError } from '@rea/core';
import { toMillis } from '@rea/core/internal';
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
  for (const [name, value] of Object.entries({ interval, window })) {
    if (value !== undefined && !(toMillis(value) > 0)) {
      throw new ReaOptionsError(`supervisor.${name}`, `is ${JSON.stringify(value)}; it is longer than nothing.`);
    }
  }
}
