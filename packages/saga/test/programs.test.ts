import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { type Part, perform, randomProgram, stepsOf } from './support/programs.js';
import { inviteCallees } from './support/scenes.js';
import { type Ending, type Mode, MODES, Theatre } from './support/theatre.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const FIRST_SEED = Number(process.env['REA_TEST_SEED'] ?? 1);
const PROGRAMS = Number(process.env['REA_TEST_PROGRAMS'] ?? 40);
const seeds = Array.from({ length: PROGRAMS }, (_, index) => FIRST_SEED + index);

/** The report of whatever fails here: each compensation works in the end. */
const CLEAN = { status: 'rolled-back', deadLettered: [] };

async function playProgram(program: readonly Part[], mode: Mode): Promise<{ play: Play; ending: Ending }> {
  const play = new Play();
  // Every third compensation fails once.
  for (const { id } of stepsOf(program)) if (Number(id.slice(1)) % 3 === 0) play.fail(id, 1);
  const guest = inviteCallees(play);
  const performance = await theatre.start(
    play,
    (ctx, on) =>
      on.sagas.run(ctx, 'program', async (saga) => {
        await perform(program, ctx, saga, play, on, guest);
        return 'done';
      }),
    mode,
  );
  const ending = performance.ending();
  await Promise.race([ending, play.effects.seen('cancel now')]);
  if (play.effects.log.includes('cancel now')) {
    await performance.cancel();
    play.effects.add('go on');
  }
  return { play, ending: await ending };
}

/** Where a group is, its steps are started at once: the outermost group of each step within one. */
function groupOf(parts: readonly Part[], group?: string): Map<string, string | undefined> {
  return new Map(
    parts.flatMap((part) => {
      const own = group ?? (part.kind === 'group' ? part.id : undefined);
      return 'parts' in part ? [...groupOf(part.parts, own)] : [[part.id, group] as const];
    }),
  );
}

/** The steps within nested sagas that have failed and were caught. */
function caughtSteps(parts: readonly Part[], caught: ReadonlySet<string>): Part[] {
  return parts.flatMap((part) => {
    if (!('parts' in part)) return [];
    return part.kind === 'nested' && caught.has(part.id) ? stepsOf(part.parts) : caughtSteps(part.parts, caught);
  });
}

describe.for(MODES)('With %s cancellation', (mode) => {
  test.for(seeds)('the random saga %d keeps or undoes each action that it started, latest first', async (seed) => {
    const program = randomProgram(seed);
    const { play, ending } = await playProgram(program, mode);
    const { log } = play.effects;
    const words = log.map((line) => line.split(' '));
    const at = (what: 'do' | 'undo', id: string) =>
      words.findIndex(([first, second, third]) => first === what && second === id && third !== 'fails');
    const steps = stepsOf(program);
    const started = steps.filter(({ id }) => log.includes(`do ${id}`));
    const undone = (id: string) => play.undone.filter((line) => line.split(' ')[1] === id && !line.endsWith('fails'));
    const isPastPivot = steps.some(({ kind, id }) => kind === 'pivot' && log.includes(`do ${id}`));
    const wasCancelled = log.includes('cancel now');

    const caught = new Set(
      log.filter((line) => line.startsWith('caught ')).map((line) => line.slice('caught '.length)),
    );
    const inCaught = new Set(caughtSteps(program, caught).map(({ id }) => id));
    // A saga that fails by itself may fail for that, also when it is cancelled meanwhile.
    const fails = started.some(({ kind, id }) => kind === 'fails' && !inCaught.has(id));
    const possible = [...(wasCancelled ? [409] : []), ...(fails ? [418] : [])];
    expect(possible.length > 0 ? possible : [undefined]).toContain(ending.status);
    expect(isPastPivot ? ending : { value: 'done' }).toEqual({ value: 'done' });
    expect(ending.report ?? CLEAN).toMatchObject(CLEAN);

    const isKept = ({ id, kind }: Part) =>
      kind === 'irreversible' || (ending.status === undefined && !inCaught.has(id));
    const times = (part: Part) => [part.id, isKept(part) ? 0 : 1];
    expect(started.map(({ id }) => [id, undone(id).length])).toEqual(started.map(times));
    const tooEarly = started.filter((part) => !isKept(part) && at('undo', part.id) < at('do', part.id));
    expect(tooEarly).toEqual([]);
    // A callee that was cancelled before it began has left no trace; its step is undone all the same.
    const notStarted = steps.filter(({ id, kind }) => !log.includes(`do ${id}`) && kind !== 'call');
    expect(notStarted.filter(({ id }) => undone(id).length > 0)).toEqual([]);

    // Whatever stood when another one was started outlives it.
    const groups = groupOf(program);
    const areTogether = (first: string, second: string) =>
      groups.get(first) !== undefined && groups.get(first) === groups.get(second);
    const active = started.map(({ id }) => id).filter((id) => undone(id).length > 0);
    const outOfOrder = active.flatMap((first) =>
      active.filter(
        (second) =>
          !areTogether(first, second) &&
          at('do', first) < at('do', second) &&
          at('do', second) < at('undo', first) &&
          at('undo', first) < at('undo', second),
      ),
    );
    expect(outOfOrder).toEqual([]);
  });
});
