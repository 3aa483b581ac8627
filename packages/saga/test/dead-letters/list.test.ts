import type { DeadLetterFilter, DeadLetterSummary } from '@rea/saga';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DeadLetterApp, type Mode } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';

const ODD = [
  `it's`,
  `"quoted"`,
  `back\\slash`,
  `100%_`,
  `'; select 1; --`,
  'ünï 🚀',
  `a'' or ''1''=''1`,
  '$1 ?',
  '{"x":1}',
];

describe.each<Mode>(['admin', 'index'])('a list by %s', (mode) => {
  let fixture: DeadLetterApp;
  let all: readonly DeadLetterSummary[];

  const ids = async (filter: DeadLetterFilter) =>
    (await fixture.deadLetters.list({ ...filter, limit: 500 })).entries.map(({ id }) => id);

  beforeAll(async () => {
    fixture = await DeadLetterApp.start({ mode });
    // In order of their creation, a few at a time.
    for (let group = 0; group < 12; group += 1) {
      const reports = Array.from({ length: 10 }, (_, index) =>
        reportOf({
          id: `entry ${group}-${index}`,
          saga: group % 2 === 0 ? 'even' : 'odd',
          step: `step ${index % 3}`,
          service: index % 5 === 0 ? 'Fifth' : 'Checkout',
          compensation: index === 9 ? null : 'refund',
        }),
      );
      await fill(fixture, ...reports);
    }
    for (const [index, name] of ODD.entries()) {
      await fill(fixture, reportOf({ id: `odd ${index}`, saga: name, step: name, compensation: name, service: name }));
    }
    await fixture.deadLetters.discard('entry 3-3', { by: 'ada', note: 'x' });
    await fixture.deadLetters.resolve('entry 4-4', { by: 'ada', note: 'x' });
    await fixture.deadLetters.redrive('entry 5-5', { by: 'ada' });
    all = (await fixture.deadLetters.list({ limit: 500 })).entries;
  });
  afterAll(() => fixture.close());

  test('has the newest entries first, 50 of them unless told otherwise', async () => {
    const order = all.map(({ createdAt }) => createdAt);
    expect(order).toEqual(order.toSorted().toReversed());
    expect(all).toHaveLength(120 + ODD.length);
    const { entries, cursor } = await fixture.deadLetters.list();
    expect(entries).toEqual(all.slice(0, 50));
    expect(cursor).toEqual(expect.any(String));
  });

  test('tells what an operator needs to choose', () => {
    expect(all.find(({ id }) => id === 'entry 0-1')).toEqual({
      id: 'entry 0-1',
      status: 'open',
      saga: 'even',
      step: 'step 1',
      kind: 'compensation',
      compensation: 'refund',
      service: 'Checkout',
      handler: 'place',
      key: null,
      invocationId: 'inv_1',
      error: { message: 'the bank is closed', code: 503 },
      attempts: 3,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
  });

  test('filters by each field and by several at once, and counts the same', async () => {
    const filters: readonly (readonly [DeadLetterFilter, (entry: DeadLetterSummary) => boolean])[] = [
      [{ status: 'open' }, ({ status }) => status === 'open'],
      [{ status: 'discarded' }, ({ id }) => id === 'entry 3-3'],
      [{ status: 'resolved' }, ({ id }) => id === 'entry 4-4'],
      [{ status: 'redriven' }, ({ id }) => id === 'entry 5-5'],
      [{ saga: 'odd' }, ({ saga }) => saga === 'odd'],
      [{ step: 'step 2' }, ({ step }) => step === 'step 2'],
      [{ compensation: 'refund' }, ({ compensation }) => compensation === 'refund'],
      [{ service: 'Fifth' }, ({ service }) => service === 'Fifth'],
      [
        { saga: 'odd', step: 'step 0', status: 'open' },
        (e) => e.saga === 'odd' && e.step === 'step 0' && e.status === 'open',
      ],
      [{ saga: 'none' }, () => false],
      [{ saga: 'o%' }, () => false],
      [{}, () => true],
    ];
    for (const [filter, meets] of filters) {
      const expected = all.filter(meets).map(({ id }) => id);
      expect({ filter, found: await ids(filter) }).toEqual({ filter, found: expected });
      expect(await fixture.deadLetters.count(filter)).toBe(expected.length);
    }
  });

  test('takes names with quotes and other odd characters as they are, and never as a query', async () => {
    for (const [index, name] of ODD.entries()) {
      for (const field of ['saga', 'step', 'compensation', 'service'] as const) {
        expect([field, name, await ids({ [field]: name })]).toEqual([field, name, [`odd ${index}`]]);
      }
      expect(await fixture.deadLetters.count({ saga: name, step: `${name}'` })).toBe(0);
    }
  });

  test('is limited by the time of storing: since is in, until is out', async () => {
    const [from, to] = [all[40]!.createdAt, all[20]!.createdAt];
    const between = all.filter(({ createdAt }) => createdAt >= from && createdAt < to).map(({ id }) => id);
    expect(await ids({ since: from, until: to })).toEqual(between);
    expect(await ids({ since: new Date(from), until: new Date(to) })).toEqual(between);
    expect(await fixture.deadLetters.count({ since: from, until: to })).toBe(between.length);
    expect(await ids({ since: new Date(Date.now() + 3_600_000) })).toEqual([]);
    expect(await ids({ until: '2001-01-01T00:00:00+02:00' })).toEqual([]);
  });

  test('pages through all of it, each entry once, while others are added', async () => {
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await fixture.deadLetters.list({ limit: 17, cursor });
      pages.push(page.entries.map(({ id }) => id));
      ({ cursor } = page);
      if (pages.length <= 2) await fill(fixture, reportOf({ id: `late ${pages.length}` }));
    } while (cursor !== undefined);
    expect(pages.flat()).toEqual(all.map(({ id }) => id));
    expect(pages.slice(0, -1).every((page) => page.length <= 17)).toBe(true);
  });

  test('pages through what a filter leaves', async () => {
    const expected = all.filter(({ saga, step }) => saga === 'even' && step === 'step 1').map(({ id }) => id);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const filter = { saga: 'even', step: 'step 1', limit: 4 };
      const page = await fixture.deadLetters.list({ ...filter, cursor });
      found.push(...page.entries.map(({ id }) => id));
      ({ cursor } = page);
    } while (cursor !== undefined);
    expect(found).toEqual(expected);
  });

  test.for([
    [{ limit: 0 }, 'The limit 0'],
    [{ limit: 501 }, 'The limit 501'],
    [{ limit: '10' as never }, 'The limit "10"'],
    [{ cursor: 'nonsense' }, 'The cursor is none'],
    [{ status: 'closed' as never }, 'The status "closed" is none'],
    [{ saga: ['a'] as never }, 'The filter saga is ["a"]'],
    [{ since: 'yesterday' }, 'since is yesterday'],
    [{ until: new Date(Number.NaN) }, 'until is Invalid Date'],
  ] as const)('refuses %o with 400', async ([query, message]) => {
    await expect(fixture.deadLetters.list(query)).rejects.toMatchObject({
      status: 400,
      code: 'REA8027',
      message: expect.stringContaining(message),
    });
  });
});
