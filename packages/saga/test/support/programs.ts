import { run } from '@rea/core';
import { compensateWith, type Saga, type Step as SagaStep } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import type { Play } from './play.js';
import type { OnStage } from './scenes.js';
import { Seeded } from './seeded.js';

/** A part of a random saga; its `id` is unique in the program. */
export type Part =
  | {
      readonly kind: 'run' | 'call' | 'irreversible' | 'fails' | 'cancelled' | 'waits' | 'sleep' | 'pivot';
      readonly id: string;
    }
  | { readonly kind: 'group'; readonly id: string; readonly parts: readonly Part[] }
  | { readonly kind: 'nested'; readonly id: string; readonly isCaught: boolean; readonly parts: readonly Part[] };

/** A saga of steps, groups and nested sagas with failures and a cancellation, always the same one for a seed. */
export function randomProgram(seed: number): readonly Part[] {
  const random = new Seeded(seed * 7_919);
  let ids = 0;
  let cancels = 0;
  const part = (depth: number, inGroup: boolean): Part => {
    const id = `s${(ids += 1)}`;
    switch (random.below(depth < 3 ? 16 : 12)) {
      case 0:
        return { kind: 'fails', id };
      case 1:
        // One is enough: what comes after it does not run.
        return { kind: (cancels += 1) > 1 ? 'run' : 'cancelled', id };
      case 2:
        return { kind: 'irreversible', id };
      case 3:
        return { kind: inGroup ? 'run' : 'sleep', id };
      case 4:
      case 5:
        return { kind: 'call', id };
      case 12:
      case 13:
        return { kind: 'group', id, parts: withWait(parts(depth + 1, true), `s${(ids += 1)}`) };
      case 14:
      case 15:
        return { kind: 'nested', id, isCaught: random.below(2) === 0, parts: parts(depth + 1, false) };
      default:
        return { kind: 'run', id };
    }
  };
  const parts = (depth: number, inGroup: boolean): Part[] =>
    Array.from({ length: 1 + random.below(4) }, () => part(depth, inGroup));
  const before = [...parts(0, false), ...parts(0, false)];
  if (random.below(4) > 0) return before;
  const after: Part[] = ['run', 'call', 'irreversible'].map((kind) => ({ kind: kind as 'run', id: `s${(ids += 1)}` }));
  return [...before, { kind: 'pivot', id: `s${(ids += 1)}` }, ...after];
}

/** Beside a step that is cancelled, another one waits for nothing else. */
function withWait(parts: readonly Part[], id: string): readonly Part[] {
  return parts.some(({ kind }) => kind === 'cancelled') ? [...parts, { kind: 'waits', id }] : parts;
}

/** The parts that are steps, with those within others. */
export function stepsOf(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => ('parts' in part ? stepsOf(part.parts) : part.kind === 'sleep' ? [] : [part]));
}

/** Plays a program. Its effects are `do <id>` and `undo <id> ...`; `caught <id>` when a nested saga fails and is caught. */
export async function perform(
  parts: readonly Part[],
  ctx: Context,
  saga: Saga,
  play: Play,
  on: OnStage,
  guest: string,
): Promise<void> {
  for (const part of parts) {
    if (part.kind === 'sleep') await ctx.sleep(5);
    else if (part.kind === 'nested') await nest(part, ctx, saga, play, on, guest);
    else if (part.kind === 'pivot') await saga.pivot(part.id, play.step(ctx, part.id));
    else if (part.kind === 'group') {
      const steps = part.parts.map((each) => [each.id, groupStep(each, ctx, saga, play, on, guest)] as const);
      await saga.parallel(Object.fromEntries(steps));
    } else await saga.step(part.id, step(part, ctx, play, on, guest));
  }
}

function step({ kind, id }: Part, ctx: Context, play: Play, on: OnStage, guest: string): SagaStep<string> {
  switch (kind) {
    case 'fails':
      return play.failing(ctx, id);
    case 'cancelled':
      return play.step(ctx, id, async () => {
        play.effects.add('cancel now');
        await play.effects.seen('go on');
      });
    case 'waits':
      return {
        ...play.step(ctx, id),
        action: async () => {
          const value = await play.step(ctx, id).action();
          await ctx.sleep({ hours: 1 });
          return value;
        },
      };
    case 'irreversible':
      return { irreversible: true, action: play.step(ctx, id).action };
    case 'call':
      return {
        compensate: (outcome) => compensateWith('undo', { name: id, value: outcome.known ? outcome.value : null }),
        action: () => on.callees.call.note({ guest, name: `do ${id}` }),
      };
    default:
      return play.step(ctx, id);
  }
}

/** In a group, what is no step runs within one. */
function groupStep(part: Part, ctx: Context, saga: Saga, play: Play, on: OnStage, guest: string): SagaStep<string> {
  if (!('parts' in part)) return step(part, ctx, play, on, guest);
  return { irreversible: true, action: () => perform([part], ctx, saga, play, on, guest).then(() => part.id) };
}

async function nest(
  { id, isCaught, parts }: Part & { readonly kind: 'nested' },
  ctx: Context,
  saga: Saga,
  play: Play,
  on: OnStage,
  guest: string,
): Promise<void> {
  const nested = saga.nested(id, (inner) => perform(parts, ctx, inner, play, on, guest));
  if (!isCaught) return nested;
  try {
    await nested;
  } catch (error) {
    if (!(error instanceof TerminalError)) throw error;
    await run(ctx, `caught ${id}`, () => play.effects.add(`caught ${id}`)).catch(() => undefined);
  }
}
