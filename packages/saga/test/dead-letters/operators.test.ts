import { ReaEvents } from '@rea/core';
import { DeadLetterException, type OperatorNote } from '@rea/saga';
import type { Duration } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { eventually } from '../../../core/test/support/eventually.js';
import { NO_DURATIONS } from '../../../core/test/support/no-durations.js';
import { DeadLetterApp, type Mode } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';

const later = () => new Date(Date.now() + 60_000);

describe.each<Mode>(['admin', 'index'])('operators, with lists by %s', (mode) => {
  let fixture: DeadLetterApp;
  const told: string[] = [];

  beforeAll(async () => {
    fixture = await DeadLetterApp.start({ mode });
    fixture.app.get(ReaEvents).on('dead-letter-changed', ({ id, action, by }) => told.push(`${by} ${action} ${id}`));
  });
  afterAll(() => fixture.close());

  test.for(['resolve', 'discard'] as const)('%s closes an entry, with who did it and why', async (verb) => {
    const report = reportOf();
    await fill(fixture, report);
    const entry = await fixture.deadLetters[verb](report.id, { by: 'ada "the" admin', note: `it's done; -- really` });
    const status = `${verb}${verb.endsWith('e') ? 'd' : 'ed'}`;
    expect(entry).toMatchObject({
      status,
      history: [{}, { action: status, by: 'ada "the" admin', note: `it's done; -- really` }],
    });
    expect(entry.updatedAt > entry.createdAt).toBe(true);
    expect(await fixture.deadLetters.get(report.id)).toEqual(entry);
    expect(told.filter((each) => each.endsWith(report.id))).toEqual([`ada "the" admin ${status} ${report.id}`]);
  });

  test('what is closed is refused with 409, naming its state and who closed it', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf();
    await fill(fixture, report);
    await deadLetters.resolve(report.id, { by: 'ada', note: 'by hand' });
    const note: OperatorNote = { by: 'bob', note: 'again' };
    for (const verb of ['resolve', 'discard', 'redrive'] as const) {
      await expect(deadLetters[verb](report.id, note)).rejects.toMatchObject({
        status: 409,
        code: 'REA8022',
        message: expect.stringContaining('is resolved already by ada at '),
      });
    }
    expect((await deadLetters.get(report.id)).history).toHaveLength(2);
    expect(bank.effectsOf(report.id)).toEqual([]);
  });

  test('an entry that does not exist is a 404, for every verb, and is not made by asking', async () => {
    const { deadLetters } = fixture;
    const note: OperatorNote = { by: 'bob', note: 'who?' };
    for (const asked of [
      () => deadLetters.get("no'body"),
      () => deadLetters.redrive("no'body", note),
      () => deadLetters.resolve("no'body", note),
      () => deadLetters.discard("no'body", note),
    ]) {
      const error = await asked().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(DeadLetterException);
      expect(error).toMatchObject({ status: 404, code: 'REA8021', message: expect.stringContaining(`"no'body"`) });
    }
    expect(await fixture.app.state('rea.DeadLetter', "no'body")).toEqual({});
  });

  test('a verb without a name, or without a reason, is refused with 400', async () => {
    const { deadLetters } = fixture;
    const report = reportOf();
    await fill(fixture, report);
    const wrong: readonly (readonly [OperatorNote, string])[] = [
      [{ by: '', note: 'x' }, '"by" tells who does it'],
      [{ by: 'x'.repeat(257), note: 'x' }, '1 to 256 characters'],
      [{ by: 'ada', note: ' ' }, '"note" tells why'],
      [{ by: 'ada', note: 'x'.repeat(2_001) }, '1 to 2000 characters'],
      [{ by: 'ada' } as OperatorNote, '"note" tells why'],
    ];
    for (const [note, message] of wrong) {
      await expect(deadLetters.resolve(report.id, note)).rejects.toMatchObject({
        status: 400,
        code: 'REA8027',
        message: expect.stringContaining(message),
      });
    }
    expect((await deadLetters.get(report.id)).status).toBe('open');
  });

  test('purge forgets closed entries of that age, by bounded steps, and no open one', async () => {
    const { deadLetters } = fixture;
    const reports = Array.from({ length: 5 }, () => reportOf({ saga: 'purged' }));
    await fill(fixture, ...reports);
    for (const { id } of reports.slice(1)) await deadLetters.discard(id, { by: 'ada', note: 'a drill' });
    const ours = { saga: 'purged' } as const;
    expect(await deadLetters.purge({ by: 'ada', olderThan: { days: 1 } })).toEqual({ purged: 0, more: false });
    expect(await deadLetters.count(ours)).toBe(5);
    const old = (await deadLetters.get(reports[2]!.id)).updatedAt;
    await deadLetters.purge({ by: 'ada', olderThan: new Date(old) });
    expect(await deadLetters.count(ours)).toBe(4);
    await expect(deadLetters.get(reports[1]!.id)).rejects.toMatchObject({ status: 404 });
    expect(await deadLetters.purge({ by: 'ada', olderThan: later(), limit: 1 })).toEqual({ purged: 1, more: true });
    for (let more = true; more;) ({ more } = await deadLetters.purge({ by: 'ada', olderThan: later(), limit: 2 }));
    expect((await deadLetters.list(ours)).entries).toMatchObject([{ id: reports[0]!.id, status: 'open' }]);
    expect(await fixture.app.state('rea.DeadLetter', reports[4]!.id)).toEqual({});
    expect(told.filter((each) => each.endsWith(reports[4]!.id))).toEqual([
      `ada discarded ${reports[4]!.id}`,
      `ada purged ${reports[4]!.id}`,
    ]);
  });

  test('a purge that cannot be meant is refused with 400', async () => {
    const { deadLetters } = fixture;
    for (const options of [
      { by: '', olderThan: later() },
      { by: 'ada', olderThan: new Date(Number.NaN) },
      { by: 'ada', olderThan: later(), limit: 0 },
      { by: 'ada', olderThan: later(), limit: 1_001 },
    ]) {
      await expect(deadLetters.purge(options)).rejects.toMatchObject({ status: 400, code: 'REA8027' });
    }
  });

  test('a purge of what is older than no duration is refused with 400', { meta: { claim: 'durations' } }, async () => {
    tried(NO_DURATIONS.length);
    for (const olderThan of NO_DURATIONS.filter((value) => !(value instanceof Date))) {
      const purge = fixture.deadLetters.purge({ by: 'ada', olderThan: olderThan as Duration });
      await expect(purge).rejects.toMatchObject({ status: 400, code: 'REA8027' });
    }
  });

  test('an id may be any text', async () => {
    const { deadLetters, bank } = fixture;
    for (const id of [`o'brien/"x"?#%2F é`, 'ünï/🚀', `'; drop table state; --`, '..', 'a\\b']) {
      await fill(fixture, reportOf({ id }));
      expect((await deadLetters.redrive(id, { by: 'ada' })).entry).toMatchObject({ id, status: 'redriven' });
      expect(bank.effectsOf(id)).toEqual(['first', 'second']);
      await eventually(async () => {
        const { entries } = await deadLetters.list({ status: 'redriven' });
        expect(entries.map((entry) => entry.id)).toContain(id);
      });
    }
  });
});
