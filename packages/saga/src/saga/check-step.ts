import { TerminalError } from '@restatedev/restate-sdk';
import type { AnyStep } from './step.types.js';

/**
 * Refuses what the compiler refuses, for code that it has not checked: no action starts whose undoing nobody has thought
 * of.
 *
 * @throws TerminalError (500, `REA8008`) naming what is wrong, and the cure
 */
export function checkStep(name: string, { action, compensate, irreversible }: AnyStep): void {
  if (typeof action !== 'function') {
    throw noStep(name, 'has no function as its action', 'Start it inside: action: () => ...');
  }
  if (irreversible === true) {
    if (compensate === undefined) return;
    throw noStep(name, 'is irreversible, and has a compensation', 'Leave out one of the two');
  }
  if (typeof compensate === 'function') return;
  throw noStep(
    name,
    'does not say how it is undone',
    'Give it compensate: (outcome) => compensateWith(name, payload), or irreversible: true',
  );
}

function noStep(name: string, what: string, cure: string): TerminalError {
  return new TerminalError(`REA8008: The step "${name}" ${what}. ${cure}.`, { errorCode: 500 });
}
