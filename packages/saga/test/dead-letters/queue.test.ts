import { Handler, ReaEvents, type ReaEventMap, Service, VirtualObject, Workflow, WorkflowRun } from '@rea/core';
import type { DeadLetterReport } from '@rea/saga';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { DeadLetterQueue } from '../../src/dead-letters/dead-letter-queue.js';
import { DeadLetterApp } from './support/dead-letter-app.js';
import { fill, reportOf } from './support/reports.js';
import { serverAddress } from './support/server-address.js';

const once = { idempotencyKey: false } as const;

@Service({ plane: 'data' })
class DataPlane {
  constructor(private readonly queue: DeadLetterQueue) {}

  @Handler()
  async report(ctx: Context, report: DeadLetterReport): Promise<void> {
    await ctx.sleep(1);
    this.queue.add(ctx, report);
    await ctx.sleep(1);
  }
}

@VirtualObject()
class Basket {
  constructor(private readonly queue: DeadLetterQueue) {}

  @Handler()
  async report(ctx: ObjectContext, report: DeadLetterReport): Promise<void> {
    this.queue.add(ctx, report);
  }
}

@Workflow({ retention: 'standard' })
class Flow {
  constructor(private readonly queue: DeadLetterQueue) {}

  @WorkflowRun()
  async run(ctx: WorkflowContext, report: DeadLetterReport): Promise<void> {
    this.queue.add(ctx, report);
  }
}

describe('the dead-letter queue', () => {
  let fixture: DeadLetterApp;
  const added: ReaEventMap['dead-letter-added'][] = [];

  beforeAll(async () => {
    fixture = await DeadLetterApp.start({
      providers: [DataPlane, Basket, Flow],
      rea: { policy: { mode: 'strict', rules: { 'missing-key': 'disabled' } } },
    });
    fixture.app.get(ReaEvents).on('dead-letter-added', (event) => added.push(event));
  });
  afterAll(() => fixture.close());

  test('an entry is the report, open, with the time of its storing and its history', async () => {
    const report = reportOf({
      notUndone: [{ step: 'reserve', compensation: 'release', payload: { hold: 7 } }],
      key: 'k',
    });
    const before = new Date().toISOString();
    await fill(fixture, report);
    const entry = await fixture.deadLetters.get(report.id);
    expect(entry).toEqual({
      ...report,
      status: 'open',
      createdAt: expect.any(String),
      updatedAt: entry.createdAt,
      history: [{ at: entry.createdAt, by: 'Checkout/place', action: 'added', error: report.error }],
      forgottenRecords: 0,
    });
    expect(entry.createdAt >= before && entry.createdAt <= new Date().toISOString()).toBe(true);
  });

  test('a second report of the same id changes nothing, whatever it says and whenever it comes', async () => {
    const report = reportOf();
    await fill(fixture, report);
    const first = await fixture.deadLetters.get(report.id);
    await fill(fixture, { ...report, payload: { order: 'another' }, error: { message: 'newer', code: 500 } });
    await fixture.deadLetters.discard(report.id, { by: 'ada', note: 'paid in cash' });
    await fill(fixture, { ...report, saga: 'other' });
    const marker = reportOf({ id: report.id.replace('charge', 'marker') });
    await fill(fixture, marker);
    const last = await fixture.deadLetters.get(report.id);
    expect(last).toMatchObject({ status: 'discarded', saga: first.saga, payload: first.payload, error: first.error });
    expect(last.createdAt).toBe(first.createdAt);
    expect(added.filter(({ id }) => id === report.id)).toHaveLength(1);
  });

  test('it takes reports on every kind of context, also where the declared plane forbids sends', async () => {
    const reports = [reportOf(), reportOf(), reportOf()];
    const { ingress } = fixture.app;
    await ingress.service(DataPlane).call.report(reports[0]!, once);
    await ingress.object(Basket).of('b').call.report(reports[1]!, once);
    await (await ingress.workflow(Flow).of(reports[2]!.id).submit(reports[2]!)).attach();
    for (const { id } of reports) {
      expect(await eventually(() => fixture.deadLetters.get(id))).toMatchObject({ status: 'open' });
    }
  });

  test('each entry is told once, when it is stored, also when the server replays at every wait', async () => {
    const report = reportOf({ saga: 'told' });
    await fill(fixture, report);
    const info = { id: report.id, saga: 'told', step: 'charge', kind: 'compensation', compensation: 'refund' };
    await eventually(() =>
      expect(added.filter(({ saga }) => saga === 'told')).toEqual([
        { ...info, service: 'Checkout', error: report.error },
      ]),
    );
  });

  test('an entry outlives its saga', async () => {
    const report = reportOf();
    const invocation = await fill(fixture, report);
    const { adminUrl } = serverAddress();
    const purged = await fetch(`${adminUrl}/invocations/${invocation}/purge`, { method: 'PATCH' });
    expect(purged.ok).toBe(true);
    await eventually(async () =>
      expect(await fixture.app.query(`select id from sys_invocation where id = '${invocation}'`)).toEqual([]),
    );
    expect(await fixture.deadLetters.get(report.id)).toMatchObject({ status: 'open', payload: report.payload });
  });

  test('payloads that are too large are left out, and the entry says so; it can be redriven with one', async () => {
    const large = 'x'.repeat(1_100_000);
    const both = reportOf({ payload: { large }, notUndone: [{ step: 'a', compensation: null, payload: large }] });
    const others = reportOf({ notUndone: [{ step: 'a', compensation: 'b', payload: large }] });
    await fill(fixture, both, others);
    const entry = await fixture.deadLetters.get(both.id);
    expect(entry).toMatchObject({ payload: null, notUndone: [{ step: 'a', payload: null }] });
    expect(entry.withheld).toMatch(
      /^its payload is not kept, since the report would have \d+ bytes \(limit 1048576\)$/,
    );
    expect(await fixture.deadLetters.get(others.id)).toMatchObject({
      payload: others.payload,
      notUndone: [{ step: 'a', compensation: 'b', payload: null }],
      withheld: expect.stringContaining('the payloads of the steps that were not undone are not kept'),
    });
    await expect(fixture.deadLetters.redrive(both.id, { by: 'ada' })).rejects.toMatchObject({
      status: 422,
      code: 'REA8026',
    });
    const redrive = await fixture.deadLetters.redrive(both.id, { by: 'ada', payload: { order: both.id } });
    expect(redrive).toMatchObject({ outcome: 'failed', entry: { settled: ['charge'], notUndone: [{ step: 'a' }] } });
    expect(fixture.bank.effectsOf(both.id)).toEqual(['first', 'second']);
  });

  test('a payload near the limit is kept, and can be read under the strict policy', async () => {
    const large = 'x'.repeat(900_000);
    const report = reportOf({ payload: { large } });
    await fill(fixture, report);
    expect((await fixture.deadLetters.get(report.id)).payload).toEqual({ large });
  });
});
