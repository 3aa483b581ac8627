import type { Context } from '@restatedev/restate-sdk';
import { REPORTED_CANCEL } from '../failures/sound-failures.js';
import { attemptOf } from '../invocation/attempt.js';

/** The engine's handle of the cancellation. */
const CANCELLATION = 1;

/** On a machine whose code goes on whatever happens. */
const OUTLASTS = Symbol('rea.outlasts-cancel');

interface Machine {
  [REPORTED_CANCEL]?: true;
  [OUTLASTS]?: true;
  is_completed?(handle: number): boolean;
}

/**
 * Whether the attempt has received a cancellation: its code was interrupted, or it is about to be. Ask it where an ordinary
 * error ends code: code that throws on each attempt before its next wait would never learn of it.
 *
 * A replay decides alike: what the journal holds beyond this point was written after the same decision. Where code throws
 * on one replay and not on another, the journal does not match, and the attempt is tried again.
 */
export function receivedCancel(ctx: Context): boolean {
  const machine = machineOf(ctx);
  if (!machine || machine[OUTLASTS]) return false;
  return machine[REPORTED_CANCEL] === true || machine.is_completed?.(CANCELLATION) === true;
}

/** The code was interrupted by a cancellation that it has asked for itself. */
export function noteCancel(ctx: Context): void {
  const machine = machineOf(ctx);
  if (machine) machine[REPORTED_CANCEL] = true;
}

/** From now on no cancellation ends the attempt's code: there is no way back. */
export function outlastsCancel(ctx: Context): void {
  const machine = machineOf(ctx);
  if (machine) machine[OUTLASTS] = true;
}

function machineOf(ctx: Context): Machine | undefined {
  return ((attemptOf(ctx)?.ctx ?? ctx) as { readonly coreVm?: Machine }).coreVm;
}
