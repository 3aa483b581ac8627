import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectedResult, Player, randomProgram, runsOf } from './programs.js';
import { Theatre } from './stage.js';

let theatre: Theatre;
beforeAll(async () => {
  theatre = await Theatre.open();
});
afterAll(() => theatre?.close());

const FIRST_SEED = Number(process.env['REA_TEST_SEED'] ?? 1);
const PROGRAMS = Number(process.env['REA_TEST_PROGRAMS'] ?? 25);
const seeds = Array.from({ length: PROGRAMS }, (_, index) => FIRST_SEED + index);

test.for(seeds)('The random branch program %d does the same in each attempt', { timeout: 120_000 }, async (seed) => {
  const program = randomProgram(seed);
  const player = new Player();
  let id = '';
  const result = await theatre.play((ctx, stage) => {
    id = ctx.request().id;
    return player.play(program, ctx, stage);
  });
  expect(result).toEqual(expectedResult(program));

  const runs = new Set(runsOf(program));
  expect(player.effects.all).toEqual(Object.fromEntries([...runs].map((name) => [name, 1])));
  const journal = await theatre.app.journal(id);
  const journaled = journal.filter(({ entry_type }) => entry_type === 'Command: Run').map(({ name }) => name);
  expect(journaled).toHaveLength(runs.size);
  expect(new Set(journaled)).toEqual(runs);

  const last = player.traces.at(-1)!;
  for (const trace of player.traces) expect(trace).toEqual(last.slice(0, trace.length));
});
