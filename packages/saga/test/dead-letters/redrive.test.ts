import { ReaEvents, type ReaEventMap } from '@rea/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { seen } from '../../../../test/support/seen.js';
import { DeadLetterApp } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';

test('an entry whose redrive takes long can be read meanwhile; who does not wait for it is told that it goes on', async () => {
  const fixture = await DeadLetterApp.start({ options: { timeout: 500 } });
  const { deadLetters, bank } = fixture;
  const report = reportOf();
  await fill(fixture, { ...report, payload: { order: report.id, end: 'waiting' } });
  await expect(deadLetters.redrive(report.id, { by: 'ada' })).rejects.toMatchObject({ status: 504, code: 'REA8029' });
  expect(bank.effectsOf(report.id)).toEqual(['first']);
  expect(await deadLetters.get(report.id)).toMatchObject({ status: 'open', history: [{}] });
  expect((await deadLetters.list({ status: 'open' })).entries).toMatchObject([{ id: report.id }]);
  bank.gate.resolve();
  await eventually(async () => expect((await deadLetters.get(report.id)).status).toBe('redriven'));
  expect(bank.effectsOf(report.id)).toEqual(['first', 'second']);
  await fixture.close();
});

describe('a redrive', () => {
  let fixture: DeadLetterApp;
  const changed: ReaEventMap['dead-letter-changed'][] = [];

  beforeAll(async () => {
    fixture = await DeadLetterApp.start({
      options: { redriveRetry: { initialInterval: 10, maxAttempts: 3 } },
    });
    fixture.app.get(ReaEvents).on('dead-letter-changed', (event) => changed.push(event));
  });
  afterAll(() => fixture.close());

  test('runs the named compensation with the entry’s key and the next attempt, and closes the entry', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf({ attempts: 3 });
    await fill(fixture, report);
    const result = await deadLetters.redrive(report.id, { by: 'ada', note: 'the bank is open again' });
    expect(result).toMatchObject({ outcome: 'redriven', entry: { status: 'redriven', attempts: 4 } });
    expect(bank.effects.filter(({ order }) => order === report.id).map(({ run }) => run)).toEqual(
      Array.from({ length: 2 }, () => ({
        idempotencyKey: report.idempotencyKey,
        attempt: 4,
        saga: 'order',
        step: 'charge',
      })),
    );
    const entry = await deadLetters.get(report.id);
    expect(entry).toEqual(result.entry);
    expect(entry.history[1]).toEqual({
      at: entry.updatedAt,
      by: 'ada',
      action: 'redriven',
      note: 'the bank is open again',
      attempt: 4,
    });
    await eventually(() =>
      expect(changed.filter(({ id }) => id === report.id)).toMatchObject([{ action: 'redriven', by: 'ada' }]),
    );
  });

  test('that fails leaves the entry open, with the error told and noted; the next one has the next attempt', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf({ payload: undefined });
    const refund = { order: report.id, end: 'refused' };
    await fill(fixture, { ...report, payload: refund });
    const failed = await deadLetters.redrive(report.id, { by: 'ada' });
    const error = { message: `no account for ${report.id}`, code: 451 };
    expect(failed).toMatchObject({ outcome: 'failed', error, entry: { status: 'open', attempts: 4, error } });
    expect((await deadLetters.get(report.id)).history.at(-1)).toMatchObject({
      by: 'ada',
      action: 'redrive-failed',
      attempt: 4,
      error,
    });
    const edited = { order: report.id, end: 'well' };
    const done = await deadLetters.redrive(report.id, { by: 'bob', payload: edited });
    expect(done).toMatchObject({ outcome: 'redriven', entry: { attempts: 5, payload: refund, editedPayload: edited } });
    expect(done.entry.history.at(-1)).toMatchObject({ by: 'bob', attempt: 5, payloadEdited: true });
    expect(bank.effectsOf(report.id)).toEqual(['first', 'first', 'second']);
    await eventually(() =>
      expect(changed.filter(({ id }) => id === report.id).map(({ action }) => action)).toEqual([
        'redrive-failed',
        'redriven',
      ]),
    );
  });

  test('whose attempt breaks in the middle goes on after what it has done, as the same try', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf();
    await fill(fixture, { ...report, payload: { order: report.id, end: 'broken-once' } });
    const result = await deadLetters.redrive(report.id, { by: 'ada' });
    expect(result).toMatchObject({ outcome: 'redriven', entry: { attempts: 4 } });
    expect(bank.effectsOf(report.id)).toEqual(['first', 'second']);
    expect(result.entry.history).toHaveLength(2);
  });

  test('that breaks at every attempt has failed once its retries are used up', async () => {
    const report = reportOf();
    await fill(fixture, { ...report, payload: { order: report.id, end: 'broken' } });
    const result = await fixture.deadLetters.redrive(report.id, { by: 'ada' });
    const message = expect.stringMatching(`^[^\\n]*the bank burns for ${report.id}$`);
    expect(result).toMatchObject({ outcome: 'failed', error: { message, code: 500 }, entry: { status: 'open' } });
    expect(result.entry.history).toMatchObject([{}, { action: 'redrive-failed', error: { message } }]);
  });

  test('fifty at once run the compensation once; the others are told who did it', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf();
    await fill(fixture, report);
    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => deadLetters.redrive(report.id, { by: `operator ${index}` })),
    );
    const won = results.filter(({ status }) => status === 'fulfilled');
    const lost = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
    expect(won).toHaveLength(1);
    expect(lost).toHaveLength(49);
    const [first] = lost;
    expect(first).toMatchObject({ status: 409, code: 'REA8022' });
    expect(first.message).toMatch(/is redriven already by operator \d+ at \d{4}-.*Z, so nothing was done/);
    expect(new Set(lost.map(({ status }) => status))).toEqual(new Set([409]));
    expect(bank.effectsOf(report.id)).toEqual(['first', 'second']);
    const { history, attempts } = await deadLetters.get(report.id);
    expect(history).toHaveLength(2);
    expect(attempts).toBe(4);
    seen(`50 redrives of one entry at once: ${won.length} ran, ${lost.length} were refused with 409`);
  });

  test('an edited payload that does not fit the compensation’s schema is refused with 400 and changes nothing', async () => {
    const { deadLetters, bank } = fixture;
    const report = reportOf({ compensation: 'checked-refund' });
    await fill(fixture, report);
    const wrong = deadLetters.redrive(report.id, { by: 'ada', payload: { order: '', end: 'never' } });
    await expect(wrong).rejects.toMatchObject({
      status: 400,
      code: 'REA8004',
      message: expect.stringContaining('order:'),
    });
    expect(await deadLetters.get(report.id)).toMatchObject({ status: 'open', attempts: 3, history: [{}] });
    expect(bank.effectsOf(report.id)).toEqual([]);
    const right = await deadLetters.redrive(report.id, { by: 'ada', payload: { order: report.id } });
    expect(right.outcome).toBe('redriven');
  });

  test('null is a payload like any other', async () => {
    const report = reportOf({ compensation: 'checked-refund' });
    await fill(fixture, report);
    await expect(fixture.deadLetters.redrive(report.id, { by: 'ada', payload: null })).rejects.toMatchObject({
      code: 'REA8004',
    });
  });

  test.for([
    ['an inline compensation', { compensation: null }, 'REA8023', 'Undo the step by hand, then resolve()'],
    [
      'a step after the pivot',
      { kind: 'forward', compensation: null },
      'REA8024',
      'Do what it should have done by hand',
    ],
    [
      'a compensation that is gone',
      { compensation: "old 'one'" },
      'REA8025',
      'The application has: checked-refund, refund',
    ],
  ] as const)('of %s is refused, and the error says what to do', async ([, changes, code, cure]) => {
    const report = reportOf(changes);
    await fill(fixture, report);
    const refusal = fixture.deadLetters.redrive(report.id, { by: 'ada' });
    await expect(refusal).rejects.toMatchObject({ status: 422, code, message: expect.stringContaining(cure) });
    expect(await fixture.deadLetters.get(report.id)).toMatchObject({ status: 'open', history: [{}], attempts: 3 });
    const resolved = await fixture.deadLetters.resolve(report.id, { by: 'ada', note: 'done by hand' });
    expect(resolved.status).toBe('resolved');
  });

  test('the history of an entry that is redriven again and again stays bounded', async () => {
    const report = reportOf();
    await fill(fixture, { ...report, payload: { order: report.id, end: 'refused' } });
    for (let time = 1; time <= 55; time += 1) await fixture.deadLetters.redrive(report.id, { by: `round ${time}` });
    const { history, forgottenRecords, attempts } = await fixture.deadLetters.get(report.id);
    expect(history).toHaveLength(50);
    expect(history[0]!.action).toBe('added');
    expect(history.at(-1)!.by).toBe('round 55');
    expect(forgottenRecords).toBe(6);
    expect(attempts).toBe(58);
  });
});
