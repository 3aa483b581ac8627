import type { Context, TerminalError } from '@restatedev/restate-sdk';
import { SAGA_STEPS, stepResult } from '../workload.js';

/**
 * Steps and what undoes them, written on the SDK alone.
 *
 * @param Terminal the SDK's class: the peer has an SDK of its own
 */
export async function takeStepsByHand(
  ctx: Context,
  name: string,
  fails: boolean,
  Terminal: typeof TerminalError,
): Promise<string> {
  const undos: (() => Promise<unknown>)[] = [];
  try {
    let last = '';
    for (const step of SAGA_STEPS) {
      undos.push(() => ctx.run(`undo ${step}`, () => stepResult(step, name)));
      last = await ctx.run(`step ${step}`, () => stepResult(step, name));
    }
    if (fails) throw new Terminal('no more');
    return last;
  } catch (error) {
    if (error instanceof Terminal) for (const undo of undos.toReversed()) await undo();
    throw error;
  }
}
