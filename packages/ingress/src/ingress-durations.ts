import { badDurationMessage, durationProblem, LONGEST_TIMER, millisProblem, toMillis } from '@rea/core/internal';
import type { Duration } from '@restatedev/restate-sdk';
import { misuse } from './ingress-errors.js';

/** In whole milliseconds. @throws IngressMisuseException (500, `REA7070`; in a handler TerminalError) when it is no duration */
export function checkedDelay(what: string, delay: Duration | number): number {
  const problem = durationProblem(delay);
  if (problem === undefined) return Math.trunc(toMillis(delay));
  throw misuse('REA7070', badDurationMessage(`The delay of ${what}()`, problem));
}

/** In whole milliseconds, as a timer takes them. @throws IngressMisuseException (500, `REA7070`; in a handler TerminalError) when it can be no timeout */
export function checkedTimeout(what: string, timeout: number): number {
  const problem = millisProblem(timeout, { most: LONGEST_TIMER });
  if (problem === undefined) return Math.ceil(timeout);
  throw misuse('REA7070', badDurationMessage(`The timeout of ${what}()`, problem));
}
