import { ReaOptionsError } from '@rea/core';
import { checkTimerOption } from '@rea/core/internal';
import type { DeadLetterOptions, RedriveRetry } from './dead-letter.options.js';

/** What a header can carry, and long enough not to be guessed. */
const SECRET = /^[\x21-\x7e](?:[\x20-\x7e]{14,}[\x21-\x7e])$/;

const LEAST: Required<RedriveRetry> = { initialInterval: 1, exponentiationFactor: 1, maxInterval: 1, maxAttempts: 1 };

/**
 * Refuses options that cannot work.
 *
 * @throws ReaOptionsError naming the option's path and the cure; never the secret
 */
export function validateDeadLetterOptions({ secret, timeout, redriveRetry = {} }: DeadLetterOptions): void {
  if (secret !== undefined && !(typeof secret === 'string' && SECRET.test(secret))) {
    throw new ReaOptionsError(
      'deadLetters.secret',
      'cannot be used; it is a text of at least 16 printable ASCII characters, for example of: openssl rand -base64 32',
    );
  }
  checkTimerOption('deadLetters.timeout', timeout, 1);
  for (const [name, value] of Object.entries(redriveRetry)) {
    const least = LEAST[name as keyof RedriveRetry];
    const isWhole = name !== 'exponentiationFactor';
    if (!(Number.isFinite(value) && value >= least && (!isWhole || Number.isInteger(value)))) {
      throw new ReaOptionsError(
        `deadLetters.redriveRetry.${name}`,
        `is ${JSON.stringify(value)}; it is a ${isWhole ? 'whole ' : ''}number, ${least} or more.`,
      );
    }
  }
}
