import { TerminalError } from '@restatedev/restate-sdk';
import type { NamedCompensation } from '../compensations/compensate-with.js';
import type { Compensate, InlineCompensation, StepOutcome } from './step.types.js';
import { messageOf } from '@rea/core/internal';

/** What a step's compensation would do, for an outcome of its action. */
export type Plan =
  | {
      readonly named: NamedCompensation;
      /** The payload as the code has given it. */
      readonly given: unknown;
      readonly inline?: undefined;
    }
  | { readonly named?: undefined; readonly inline: InlineCompensation };

/**
 * Plans a step's compensation. A payload is what it will be as JSON, so that a compensation is given the same by a
 * rollback and by a redrive.
 *
 * @throws TerminalError (500, `REA8003`) when it is no compensation, or its payload is no JSON
 */
export function planOf(step: string, compensate: Compensate<never>, outcome: StepOutcome<never>): Plan {
  const planned: unknown = compensate(outcome);
  if (typeof planned === 'function') return { inline: planned as InlineCompensation };
  if (typeof planned !== 'object' || planned === null || !('compensation' in planned)) {
    throw unusable(step, 'gives neither. Return compensateWith(name, payload), or a function that undoes the step');
  }
  const { compensation, payload } = planned as NamedCompensation;
  let text: string;
  try {
    text = JSON.stringify(payload ?? null) ?? 'null';
  } catch (error) {
    const why = messageOf(error);
    throw unusable(step, `gives a payload that JSON cannot write (${why}). Give it plain values`);
  }
  return { named: { compensation, payload: JSON.parse(text) }, given: payload };
}

function unusable(step: string, problem: string): TerminalError {
  return new TerminalError(
    `REA8003: The compensation of the step "${step}" is planned by a function that ${problem}.`,
    { errorCode: 500 },
  );
}
