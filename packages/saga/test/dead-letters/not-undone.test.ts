import { idempotencyKey } from '@rea/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import '../../../../test/support/claim.js';
import { HalfUndone, refused, type Scene } from './support/half-undone.js';

let shop: HalfUndone;

beforeAll(async () => {
  shop = await HalfUndone.start();
});
afterAll(() => shop?.close());

const by = 'ada';

/** Steps one after another, then the saga fails. */
function sequence(...names: readonly string[]): Scene {
  return async (ctx, saga, world) => {
    for (const name of names) await saga.step(name, world.step(ctx, name));
    refused();
  };
}

async function caught(block: () => Promise<unknown>): Promise<void> {
  await block().catch(() => undefined);
}

interface Row {
  readonly scene: Scene;
  readonly broken: string;
  /** The broken step's own name and what is undone before the rollback stops. */
  readonly before: readonly string[];
  /** What the redrive undoes, in order. */
  readonly after: readonly string[];
}

const ROWS: Readonly<Record<string, Row>> = {
  'the first of two': { scene: sequence('stock', 'pay'), broken: 'pay', before: [], after: ['pay', 'stock'] },
  'one in the middle': {
    scene: sequence('a', 'b', 'c', 'd', 'e'),
    broken: 'd',
    before: ['e'],
    after: ['d', 'c', 'b', 'a'],
  },
  'the last one, with nothing left': { scene: sequence('a', 'b'), broken: 'a', before: ['b'], after: ['a'] },
  'a step before a group': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.parallel({ b: world.step(ctx, 'b'), c: world.step(ctx, 'c') });
      await saga.step('d', world.step(ctx, 'd'));
      refused();
    },
    broken: 'd',
    before: [],
    after: ['d', 'b', 'c', 'a'],
  },
  'one of a group': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.parallel({ b: world.step(ctx, 'b'), c: world.step(ctx, 'c') });
      refused();
    },
    broken: 'b',
    before: ['c'],
    after: ['b', 'a'],
  },
  'a step after a nested saga': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.nested('n', async (inner) => {
        await inner.step('x', world.step(ctx, 'x'));
        await inner.step('y', world.step(ctx, 'y'));
      });
      await saga.step('b', world.step(ctx, 'b'));
      refused();
    },
    broken: 'b',
    before: [],
    after: ['b', 'y', 'x', 'a'],
  },
  'a step of a nested saga that ends the outer one': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.nested('n', async (inner) => {
        await inner.step('x', world.step(ctx, 'x'));
        await inner.step('y', world.step(ctx, 'y'));
        refused();
      });
    },
    broken: 'y',
    before: [],
    after: ['y', 'x', 'a'],
  },
  'a step two sagas deep': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.nested('n', async (inner) => {
        await inner.step('x', world.step(ctx, 'x'));
        await inner.nested('m', async (deeper) => {
          await deeper.step('p', world.step(ctx, 'p'));
          refused();
        });
      });
    },
    broken: 'p',
    before: [],
    after: ['p', 'x', 'a'],
  },
  'a step of a nested saga whose failure is caught, before the outer one fails': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await caught(() =>
        saga.nested('n', async (inner) => {
          await inner.step('x', world.step(ctx, 'x'));
          await inner.step('y', world.step(ctx, 'y'));
          refused();
        }),
      );
      await saga.step('b', world.step(ctx, 'b'));
      refused();
    },
    broken: 'y',
    before: [],
    after: ['y', 'x', 'b', 'a'],
  },
  'a group within a nested saga': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.nested('n', async (inner) => {
        await inner.step('x', world.step(ctx, 'x'));
        await inner.parallel({ y: world.step(ctx, 'y'), z: world.step(ctx, 'z') });
        refused();
      });
    },
    broken: 'z',
    before: ['y'],
    after: ['z', 'x', 'a'],
  },
  'a nested saga in one that tries for ever': {
    scene: async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.nested(
        'n',
        async (inner) => {
          await inner.step('x', world.step(ctx, 'x'));
          refused();
        },
        { strategy: 'all' },
      );
    },
    broken: 'x',
    before: [],
    after: ['x', 'a'],
  },
};

describe('a redrive goes on with what was not undone, in order', { meta: { claim: 'redrive' } }, () => {
  test.for(Object.keys(ROWS))('after %s', async (row) => {
    const { scene, broken, before, after } = ROWS[row]!;
    const { world, ids, report } = await shop.play(scene, broken);
    expect(world.undone).toEqual(before);
    const [id] = Object.values(ids);
    const left = report!.deadLettered.length === 1 ? after.slice(1) : [];
    await eventually(async () => expect((await shop.letters.get(id!)).notUndone).toHaveLength(left.length));
    world.broken.clear();
    const result = await shop.letters.redrive(id!, { by });
    expect(result).toMatchObject({ outcome: 'redriven', entry: { status: 'redriven', notUndone: [] } });
    expect(world.undone.slice(before.length)).toEqual(after);
    const runs = world.runs.slice(-after.length);
    expect(runs.map(({ idempotencyKey: key }) => key.replace(/^inv_\w+\//, ''))).toEqual(
      runs.map(({ saga, step }) => idempotencyKey(saga, step, 'compensation')),
    );
    await expect(shop.letters.redrive(id!, { by })).rejects.toMatchObject({ status: 409, code: 'REA8022' });
    expect(world.undone).toHaveLength(before.length + after.length);
  });

  test('with the strategy best-effort each exhausted step is an entry of its own, and leaves nothing', async () => {
    const scene: Scene = (ctx, saga, world) =>
      saga.nested(
        'n',
        async (inner) => {
          for (const name of ['a', 'b', 'c']) await inner.step(name, world.step(ctx, name));
          refused();
        },
        { strategy: 'best-effort' },
      );
    const { world, ids } = await shop.play(scene, 'a', 'c');
    expect(world.undone).toEqual(['b']);
    world.broken.clear();
    for (const id of Object.values(ids)) {
      expect(await shop.letters.redrive(id, { by })).toMatchObject({ outcome: 'redriven', entry: { notUndone: [] } });
    }
    expect(world.undone).toEqual(['b', 'c', 'a']);
  });

  test('with the strategy completed it leaves alone what is not known to be done', async () => {
    const scene: Scene = (ctx, saga, world) =>
      saga.nested(
        'n',
        async (inner) => {
          await inner.step('a', world.step(ctx, 'a'));
          await inner.step('b', world.step(ctx, 'b'));
          await inner.step('c', { ...world.step(ctx, 'c'), action: () => Promise.reject(refusal()) });
        },
        { strategy: 'completed' },
      );
    const { world, ids } = await shop.play(scene, 'b');
    world.broken.clear();
    expect((await shop.letters.redrive(ids['n/b']!, { by })).outcome).toBe('redriven');
    expect(world.undone).toEqual(['b', 'a']);
  });

  test('what the saga around a caught failure has done stays, since that saga went on', async () => {
    const scene: Scene = async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await caught(() =>
        saga.nested('n', async (inner) => {
          await inner.step('x', world.step(ctx, 'x'));
          await inner.step('y', world.step(ctx, 'y'));
          refused();
        }),
      );
      await saga.step('b', world.step(ctx, 'b'));
      return saga.report.deadLettered;
    };
    const world = shop.world(scene, 'y');
    const invocation = await shop.begin(world);
    const letters = (await shop.app.ingress.invocation(invocation).attach()) as readonly { readonly id: string }[];
    const { id } = letters[0]!;
    await shop.leftOf(id, 'n/x');
    world.broken.clear();
    expect((await shop.letters.redrive(id, { by })).outcome).toBe('redriven');
    expect(world.undone).toEqual(['y', 'x']);
  });
});

function refusal(): Error {
  try {
    return refused();
  } catch (error) {
    return error as Error;
  }
}

describe('an entry stays open until all of it is undone', { meta: { claim: 'redrive' } }, () => {
  test.for(['a', 'b', 'c'])('when %s fails as well, with what is left; the next redrive begins there', async (name) => {
    const { world, ids } = await shop.play(sequence('a', 'b', 'c', 'd'), 'd');
    const id = ids['d']!;
    world.broken.delete('d');
    world.broken.add(name);
    const left = ['c', 'b', 'a'].slice(['c', 'b', 'a'].indexOf(name));
    const failed = await shop.letters.redrive(id, { by });
    expect(failed).toMatchObject({
      outcome: 'failed',
      error: { message: `cannot undo ${name}`, code: 503 },
      entry: { status: 'open', notUndone: left.map((step) => ({ step })), error: { message: `cannot undo ${name}` } },
    });
    expect(failed.entry.settled).toEqual(['d', 'c', 'b', 'a'].slice(0, -left.length));
    // The tries that the rollback would have made, then one for each redrive that begins with it.
    expect(failed.entry.history.at(-1)).toMatchObject({ action: 'redrive-failed', step: name, attempt: 2 });
    expect((await shop.letters.redrive(id, { by })).entry.history.at(-1)).toMatchObject({ step: name, attempt: 3 });
    expect(await shop.letters.count({ status: 'open', step: 'd' })).toBeGreaterThan(0);
    world.broken.clear();
    expect(await shop.letters.redrive(id, { by })).toMatchObject({ outcome: 'redriven', entry: { notUndone: [] } });
    expect(world.undone).toEqual(['d', 'c', 'b', 'a']);
    expect(
      (await shop.letters.get(id)).history.filter(({ action }) => action === 'redriven').map(({ step }) => step),
    ).toEqual(['d', 'c', 'b', 'a']);
  });

  /** Two steps of a group are exhausted. */
  async function twoOfGroup() {
    const { world, ids, report } = await shop.play(
      async (ctx, saga, of) => {
        await saga.step('a', of.step(ctx, 'a'));
        await saga.parallel({ b: of.step(ctx, 'b'), c: of.step(ctx, 'c'), d: of.step(ctx, 'd') });
        refused();
      },
      'b',
      'd',
    );
    const [holder, beside] = report!.deadLettered.map(({ step }) => ids[step]!) as [string, string];
    await shop.leftOf(holder, 'a');
    world.broken.clear();
    return { world, holder, beside };
  }

  test('two of a group: the entry that keeps the rest waits until the other one is closed, and says so', async () => {
    const { world, holder, beside } = await twoOfGroup();
    expect(await shop.letters.get(holder)).toMatchObject({ waitsFor: [beside] });
    expect(await shop.letters.get(beside)).toMatchObject({ notUndone: [] });
    const waits = await shop.letters.redrive(holder, { by });
    expect(waits).toMatchObject({ outcome: 'failed', error: { code: 409 }, entry: { status: 'open' } });
    expect(waits).toMatchObject({ error: { message: expect.stringContaining('REA8065') } });
    await expect(shop.letters.redrive(holder, { by })).rejects.toMatchObject({ status: 409, code: 'REA8065' });
    expect((await shop.letters.redrive(beside, { by })).outcome).toBe('redriven');
    expect((await shop.letters.redrive(holder, { by })).outcome).toBe('redriven');
    expect(world.undone.slice(1).toSorted()).toEqual(['a', 'b', 'd']);
    expect(world.undone.at(-1)).toBe('a');
  });

  test.for(['redriven', 'resolved'] as const)('two of a group: once the other one is %s, it goes on', async (how) => {
    const { world, holder, beside } = await twoOfGroup();
    if (how === 'redriven') await shop.letters.redrive(beside, { by });
    else await shop.letters.resolve(beside, { by, note: 'by hand' });
    expect(await shop.letters.redrive(holder, { by })).toMatchObject({ outcome: 'redriven', entry: { notUndone: [] } });
    expect(world.undone.at(-1)).toBe('a');
  });

  test('two of a group, redriven at once: the rest comes last', async () => {
    const { world, holder, beside } = await twoOfGroup();
    await Promise.all([shop.letters.redrive(beside, { by }), shop.letters.redrive(holder, { by })]);
    // A redrive that has overtaken the other one has stopped, and may be asked for again.
    await shop.letters.redrive(holder, { by }).catch((error: { readonly code: string }) => error.code);
    expect(world.undone.slice(1).toSorted()).toEqual(['a', 'b', 'd']);
    expect(world.undone.at(-1)).toBe('a');
  });

  test('an entry that was redriven before its saga went on to fail is opened again, with what is left', async () => {
    const gate = Promise.withResolvers<void>();
    const scene: Scene = async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await caught(() =>
        saga.nested('n', async (inner) => {
          await inner.step('x', world.step(ctx, 'x'));
          refused();
        }),
      );
      const { id } = saga.report.deadLettered[0]!;
      await ctx.run('wait', async () => {
        entry.resolve(id);
        await gate.promise;
      });
      refused();
    };
    const entry = Promise.withResolvers<string>();
    const world = shop.world(scene, 'x');
    await shop.begin(world);
    const id = await entry.promise;
    await eventually(() => shop.letters.get(id));
    world.broken.clear();
    expect((await shop.letters.redrive(id, { by })).entry.status).toBe('redriven');
    gate.resolve();
    await shop.leftOf(id, 'a');
    expect(await shop.letters.get(id)).toMatchObject({ status: 'open', settled: ['n/x'] });
    expect((await shop.letters.redrive(id, { by })).outcome).toBe('redriven');
    expect(world.undone).toEqual(['x', 'a']);
  });

  test.for([2, 10])('%d redrives at once undo each step once', async (times) => {
    const { world, ids } = await shop.play(sequence('a', 'b', 'c'), 'c');
    world.broken.clear();
    const results = await Promise.allSettled(
      Array.from({ length: times }, (_, nth) => shop.letters.redrive(ids['c']!, { by: `operator ${nth}` })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(world.undone).toEqual(['c', 'b', 'a']);
  });

  test.for(['kill', 'cancel'] as const)('a %s in the middle of a redrive leaves what is left', async (verb) => {
    const { world, ids } = await shop.play(sequence('a', 'b', 'c'), 'c');
    const id = ids['c']!;
    world.broken.clear();
    world.held = 'b';
    const redrive = shop.letters.redrive(id, { by }).then(
      (result) => result.outcome,
      (error: { readonly status: number }) => error.status,
    );
    await world.begun.promise;
    const [running] = await shop.app.query<{ id: string }>(
      `select id from sys_invocation where target_handler_name = 'redrive' and target_service_key = '${id}' and status <> 'completed'`,
    );
    if (verb === 'kill') await shop.app.kill(running!.id);
    else await shop.app.cancel(running!.id);
    world.held = undefined;
    world.gate.resolve();
    expect(await redrive).not.toBe('redriven');
    expect(await shop.letters.get(id)).toMatchObject({ status: 'open', settled: ['c'] });
    expect((await shop.letters.redrive(id, { by })).outcome).toBe('redriven');
    expect([...new Set(world.undone)]).toEqual(['c', 'b', 'a']);
    // What was cut in the middle may run again, under the same key.
    const keys = world.runs.filter(({ step }) => step === 'b').map((info) => info.idempotencyKey);
    expect(new Set(keys).size).toBe(1);
  });
});

describe('a step that cannot be redriven keeps the entry open', { meta: { claim: 'redrive' } }, () => {
  const withInline: Scene = async (ctx, saga, world) => {
    await saga.step('a', world.step(ctx, 'a'));
    await saga.step('b', world.inline(ctx, 'b'));
    await saga.step('c', world.step(ctx, 'c'));
    await saga.step('d', world.step(ctx, 'd'));
    refused();
  };

  test('an inline one among what is left: the redrive stops there and says what to do', async () => {
    const { world, ids } = await shop.play(withInline, 'd');
    const id = ids['d']!;
    world.broken.clear();
    const stopped = await shop.letters.redrive(id, { by });
    expect(stopped).toMatchObject({
      outcome: 'failed',
      error: {
        code: 422,
        message: expect.stringMatching(
          /REA8023: .*step "b" was written inline.*step: "b" }\) it, and redrive\(\) goes on with a/,
        ),
      },
      entry: { status: 'open', settled: ['d', 'c'], notUndone: [{ step: 'b' }, { step: 'a' }] },
    });
    await expect(shop.letters.redrive(id, { by })).rejects.toMatchObject({ status: 422, code: 'REA8023' });
    await expect(shop.letters.resolve(id, { by, note: 'by hand', step: 'c' })).rejects.toMatchObject({
      status: 400,
      code: 'REA8066',
      message: expect.stringContaining('Steps still to undo: b, a.'),
    });
    expect(await shop.letters.resolve(id, { by, note: 'by hand', step: 'b' })).toMatchObject({
      status: 'open',
      notUndone: [{ step: 'a' }],
    });
    expect(await shop.letters.redrive(id, { by })).toMatchObject({ outcome: 'redriven', entry: { notUndone: [] } });
    expect(world.undone).toEqual(['d', 'c', 'a']);
  });

  test('or a note closes it, with what was left to others', async () => {
    const { world, ids } = await shop.play(withInline, 'd');
    world.broken.clear();
    await shop.letters.redrive(ids['d']!, { by });
    expect(await shop.letters.resolve(ids['d']!, { by, note: 'b and a by hand' })).toMatchObject({
      status: 'resolved',
      notUndone: [{ step: 'b' }, { step: 'a' }],
    });
  });

  test('the exhausted one itself, written inline: once it is resolved, a redrive undoes the rest', async () => {
    const scene: Scene = async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a'));
      await saga.step('b', world.inline(ctx, 'b'));
      refused();
    };
    const { world, ids } = await shop.play(scene, 'b');
    const id = ids['b']!;
    await expect(shop.letters.redrive(id, { by })).rejects.toMatchObject({
      code: 'REA8023',
      message: expect.stringContaining('redrive() goes on with a'),
    });
    await shop.letters.resolve(id, { by, note: 'by hand', step: 'b' });
    expect((await shop.letters.redrive(id, { by })).outcome).toBe('redriven');
    expect(world.undone).toEqual(['a']);
  });

  test('each settled by hand: the last one closes the entry', async () => {
    const { ids } = await shop.play(sequence('a', 'b'), 'b');
    const id = ids['b']!;
    expect((await shop.letters.resolve(id, { by, note: 'by hand', step: 'a' })).status).toBe('open');
    expect((await shop.letters.resolve(id, { by, note: 'by hand', step: 'b' })).status).toBe('resolved');
  });

  test('one whose compensation is gone', async () => {
    const scene: Scene = async (ctx, saga, world) => {
      await saga.step('a', world.step(ctx, 'a', 'gone'));
      await saga.step('b', world.step(ctx, 'b'));
      refused();
    };
    const { world, ids } = await shop.play(scene, 'b');
    world.broken.clear();
    expect(await shop.letters.redrive(ids['b']!, { by })).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('REA8025') },
      entry: { status: 'open', settled: ['b'], notUndone: [{ step: 'a' }] },
    });
  });

  test('one whose payload was too large to be kept, until it is given', async () => {
    const scene: Scene = async (ctx, saga, world) => {
      await saga.step('a', {
        action: async () => 1,
        compensate: ({ known }) => ({
          compensation: 'undo',
          payload: { world: world.name, name: 'a', large: known ? 'x'.repeat(1_100_000) : '' },
        }),
      });
      await saga.step('b', world.step(ctx, 'b'));
      refused();
    };
    const { world, ids } = await shop.play(scene, 'b');
    world.broken.clear();
    expect(await shop.letters.redrive(ids['b']!, { by })).toMatchObject({
      outcome: 'failed',
      error: { message: expect.stringContaining('REA8026') },
      entry: { status: 'open', settled: ['b'] },
    });
    const payload = { world: world.name, name: 'a' };
    expect((await shop.letters.redrive(ids['b']!, { by, payload })).outcome).toBe('redriven');
    expect(world.undone).toEqual(['b', 'a']);
  });
});

describe('edited payloads', { meta: { claim: 'redrive' } }, () => {
  test('are for the step that the redrive begins with, and by name for those that follow', async () => {
    const { world, ids } = await shop.play(sequence('a', 'b', 'c'), 'c');
    world.broken.clear();
    const payloadOf = (name: string) => ({ world: world.name, name });
    const { entry } = await shop.letters.redrive(ids['c']!, {
      by,
      payload: payloadOf('C'),
      payloads: { a: payloadOf('A') },
    });
    expect(world.undone).toEqual(['C', 'b', 'A']);
    expect(entry).toMatchObject({ status: 'redriven', editedPayload: { name: 'C' } });
    expect(entry.history.slice(1).map(({ payloadEdited = false }) => payloadEdited)).toEqual([true, false, true]);
  });

  test.for([
    ['for a step that is not left', { payloads: { z: {} } }, 'REA8066'],
    ['that does not fit the schema of a later step', { payloads: { a: { name: 7 } } }, 'REA8004'],
    ['that is not an object of them', { payloads: [] as never }, 'REA8027'],
  ] as const)('%s are refused, and nothing is run', async ([, given, code]) => {
    const { world, ids } = await shop.play(sequence('a', 'b'), 'b');
    world.broken.clear();
    await expect(shop.letters.redrive(ids['b']!, { by, ...given })).rejects.toMatchObject({ status: 400, code });
    expect(world.undone).toEqual([]);
    expect(await shop.letters.get(ids['b']!)).toMatchObject({ status: 'open', history: [{}] });
  });
});
