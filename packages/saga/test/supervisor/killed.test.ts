import { RestateConnection } from '@rea/core';
import { DeadLetters, sagaReportOf } from '@rea/saga';
import type { ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { InvocationTable } from '../../src/supervisor/invocation-table.js';
import { LoggedTour, Tour, Traveller, type Trip, Trips, world } from './support/desk.js';
import { errorsOf, operationsOf, supervised, told, toldOf } from './support/supervised-app.js';

let count = 0;
const trip = (more: Partial<Trip> = {}): Trip => ({ id: `t${(count += 1)}`, ...more });

async function started(app: ReaTestApp, input: Trip, how: 'travel' | 'travelOrDie' | 'travelInTime' = 'travel') {
  const { invocationId } = await app.ingress.service(Trips).send[how](input, { idempotencyKey: input.id });
  return invocationId;
}

/** Lets a saga come to where it waits, and kills it. */
async function killedAt(app: ReaTestApp, invocationId: string, effect: string): Promise<string> {
  await world.effects.seen(effect);
  await settled(app, invocationId);
  await app.kill(invocationId);
  return invocationId;
}

/** Waits until all that was done is in the journal. */
async function settled(app: ReaTestApp, invocationId: string): Promise<void> {
  let before = -1;
  await expect
    .poll(async () => {
      const now = (await app.journal(invocationId)).length;
      const isSettled = now > 0 && now === before;
      before = now;
      return isSettled;
    })
    .toBe(true);
}

async function copyOf(app: ReaTestApp, invocationId: string) {
  return eventually(async () => {
    const [row] = await app.query<{ id: string; status: string; completion_failure?: string; last_failure?: string }>(
      `select id, status, completion_failure, last_failure from sys_invocation where restarted_from = '${invocationId}'`,
    );
    expect(row).toMatchObject({ status: 'completed' });
    return row!;
  });
}

describe("with onKilled: 'report'", () => {
  let app: ReaTestApp;
  beforeAll(async () => (app = await supervised()));
  afterAll(() => app.close());

  test('a killed service saga is told once, with what to do, and nothing is undone', async () => {
    const input = trip();
    const id = await killedAt(app, await started(app, input), `${input.id} waits`);
    await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
    expect(told.find(({ invocationId }) => invocationId === id)).toMatchObject({
      service: 'Trips',
      handler: 'travel',
      key: undefined,
      error: { code: 409, message: 'killed' },
      rollback: 'none',
    });
    const [message] = errorsOf(id);
    expect(message).toMatch(/^REA8040: The saga inv_\w+ of Trips\/travel was killed at .*rollBack\('inv_/);
    // Another find comes after it, so the first one has been looked at again.
    const next = trip();
    const other = await killedAt(app, await started(app, next), `${next.id} waits`);
    await expect.poll(() => toldOf(other)).toEqual(['saga-killed']);
    expect(toldOf(id)).toEqual(['saga-killed']);
    expect(errorsOf(id)).toHaveLength(1);
    expect(world.of(input.id)).toEqual(['one', 'booked', 'waits']);
  });

  test('an operator rolls it back, once, with the keys of the killed one, and the reason in the report', async () => {
    const input = trip();
    const id = await killedAt(app, await started(app, input), `${input.id} waits`);
    await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
    const operations = operationsOf(app);
    expect((await operations.killed()).find(({ invocationId }) => invocationId === id)).toMatchObject({
      service: 'Trips',
      kind: 'service',
      error: { message: 'killed', code: 409 },
      rollback: null,
    });
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => operations.rollBack(id, { by: 'ada', reason: 'a test' })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { status: 409, code: 'REA8045', message: expect.stringContaining('by ada at') },
    });
    const copy = await copyOf(app, id);
    expect(world.of(input.id).filter((line) => line.startsWith('undo '))).toEqual([
      `undo two ${input.id} booked`,
      'undo one v1',
    ]);
    expect(world.of(input.id).filter((line) => line === 'one' || line === 'booked')).toEqual(['one', 'booked']);
    expect(world.keys.get(`${input.id} undo one v1`)).toEqual([`${id}/trip/one/compensation`]);
    expect(world.keys.get(`${input.id} run key of undo one`)).toEqual([`${id}/undo one/1`]);
    const killed = (await operations.killed()).find(({ invocationId }) => invocationId === id);
    expect(killed?.rollback).toMatchObject({ by: 'ada', reason: 'a test', how: 'restarted', restartedAs: copy.id });
    const report = await reportOf(app, copy.id);
    expect(report).toMatchObject({
      status: 'rolled-back',
      compensated: ['two', 'one'],
      cause: { kind: 'cancelled', reason: 'a test' },
    });
  });

  test('what was done after a timer that has not fired cannot be rolled back, and says so', async () => {
    const input = trip();
    const id = await killedAt(app, await started(app, input, 'travelInTime'), `${input.id} waits`);
    await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
    await expect(operationsOf(app).rollBack(id, { by: 'ada' })).rejects.toMatchObject({
      status: 422,
      code: 'REA8042',
      message: expect.stringMatching(/only from before the sleep.*the run "one" after it/),
    });
    expect(world.of(input.id)).toEqual(['one', 'booked', 'waits']);
  });

  test('what is no killed saga is refused: unknown, alive, answered, no saga', async () => {
    const operations = operationsOf(app);
    await expect(operations.rollBack('inv_nobody', { by: 'ada' })).rejects.toMatchObject({
      status: 404,
      code: 'REA8043',
    });
    const stranger = `inv_1${'0'.repeat(33)}`;
    await expect(operations.rollBack(stranger, { by: 'ada' })).rejects.toMatchObject({ status: 404 });
    await expect(operations.rollBack("inv_'; --", { by: 'ada' })).rejects.toMatchObject({
      status: 400,
      code: 'REA8049',
    });
    await expect(operations.rollBack('inv_nobody', { by: '' })).rejects.toMatchObject({ status: 400, code: 'REA8049' });
    const alive = trip();
    const living = await started(app, alive);
    await world.effects.seen(`${alive.id} waits`);
    await expect(operations.rollBack(living, { by: 'ada' })).rejects.toMatchObject({ status: 409, code: 'REA8044' });
    const failing = trip({ ending: 'fail' });
    const failed = await started(app, failing);
    await expect.poll(() => world.of(failing.id).at(-2)).toBe('undo one v1');
    await expect
      .poll(async () => (await app.invocations('Trips')).find(({ id }) => id === failed)?.status)
      .toBe('completed');
    await expect(operations.rollBack(failed, { by: 'ada' })).rejects.toMatchObject({ status: 409, code: 'REA8044' });
    const { invocationId: plain } = await app.ingress.service(Trips).send.wait('plain', { idempotencyKey: 'plain' });
    await killedAt(app, plain, 'plain waits');
    await expect(operations.rollBack(plain, { by: 'ada' })).rejects.toMatchObject({ status: 404, code: 'REA8043' });
    expect((await operations.killed({ limit: 500 })).map(({ invocationId }) => invocationId)).not.toContain(plain);
    const later = trip();
    const last = await killedAt(app, await started(app, later), `${later.id} waits`);
    await expect.poll(() => toldOf(last)).toEqual(['saga-killed']);
    expect([...toldOf(failed), ...toldOf(plain), ...toldOf(living)]).toEqual([]);
    await app.kill(living);
  });

  test('calls that were cancelled or killed before they began are left alone', async () => {
    const input = trip();
    const traveller = app.ingress.object(Traveller).of(input.id);
    const { invocationId: first } = await traveller.send.travel(input, { idempotencyKey: `${input.id}-1` });
    await world.effects.seen(`${input.id} waits`);
    const { invocationId: second } = await traveller.send.travel(input, { idempotencyKey: `${input.id}-2` });
    const { invocationId: third } = await traveller.send.travel(input, { idempotencyKey: `${input.id}-3` });
    await app.cancel(second);
    await app.kill(third);
    await settled(app, first);
    await app.kill(first);
    await expect.poll(() => toldOf(first)).toEqual(['saga-killed']);
    expect([...toldOf(second), ...toldOf(third)]).toEqual([]);
  });
});

describe("with onKilled: 'roll-back'", () => {
  let app: ReaTestApp;
  beforeAll(async () => (app = await supervised({ supervisor: { interval: 50, onKilled: 'roll-back' } })));
  afterAll(() => app.close());

  const undone = (id: string) => world.of(id).filter((line) => line.startsWith('undo '));

  test('a killed service saga is rolled back by itself', async () => {
    const input = trip();
    const id = await killedAt(app, await started(app, input), `${input.id} waits`);
    await copyOf(app, id);
    expect(undone(input.id)).toEqual([`undo two ${input.id} booked`, 'undo one v1']);
    expect(told.find(({ invocationId }) => invocationId === id)).toMatchObject({ rollback: 'started' });
    expect(errorsOf(id)[0]).toContain('It is rolled back now.');
  });

  test('a killed object saga is rolled back, and the lock of its object is free', async () => {
    const input = trip();
    const traveller = app.ingress.object(Traveller).of(input.id);
    const { invocationId: id } = await traveller.send.travel(input, { idempotencyKey: input.id });
    await killedAt(app, id, `${input.id} waits`);
    await copyOf(app, id);
    expect(undone(input.id)).toEqual([`undo two ${input.id} booked`, 'undo one v1']);
    const again = trip({ ending: 'fail' });
    const error: unknown = await traveller.call
      .travel(again, { idempotencyKey: again.id })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 418 });
  });

  test('killed by its retry policy: what it has done is undone', async () => {
    const input = trip({ ending: 'throw' });
    const id = await started(app, input, 'travelOrDie');
    const copy = await copyOf(app, id);
    expect(told.find(({ invocationId }) => invocationId === id)).toMatchObject({
      error: { code: 500, message: 'the moon is in the way' },
    });
    expect(undone(input.id)).toEqual([`undo two ${input.id} booked`, 'undo one v1']);
    expect(copy.completion_failure).toContain('[409]');
  });

  test('an action that was under way is not started again; its outcome is not known', async () => {
    const input = trip({ ending: 'work' });
    world.gates.add(`${input.id} three`);
    const id = await killedAt(app, await started(app, input), `${input.id} begins three`);
    await copyOf(app, id);
    world.open(`${input.id} three`);
    expect(world.of(input.id).filter((line) => line === 'begins three')).toHaveLength(1);
    expect(undone(input.id)).toEqual(['undo three null', `undo two ${input.id} booked`, 'undo one v1']);
    expect(world.keys.get(`${input.id} undo three null`)).toEqual([`${id}/trip/three/compensation`]);
  });

  test('killed before it has done anything: there is nothing to undo, and nothing is started', async () => {
    const input = trip({ first: 'idle' });
    world.gates.add(`${input.id} idle`);
    const id = await killedAt(app, await started(app, input), `${input.id} idles`);
    await eventually(async () => {
      const killed = (await operationsOf(app).killed()).find(({ invocationId }) => invocationId === id);
      expect(killed?.rollback).toMatchObject({ how: 'nothing-to-undo' });
    });
    world.open(`${input.id} idle`);
    expect(await app.query(`select id from sys_invocation where restarted_from = '${id}'`)).toEqual([]);
  });

  test('what was restarted by hand is left to whoever did that', async () => {
    const admin = app.get<{ readonly adminUrl: string }>(RestateConnection as never).adminUrl;
    // Nobody but the operator looks for it yet.
    const quiet = await supervised({ supervisor: false });
    const input = trip();
    const id = await started(quiet, input);
    await world.effects.seen(`${input.id} waits`);
    await settled(quiet, id);
    const journal = await quiet.journal(id);
    const sleep = journal.findIndex(({ name }) => name === 'journey');
    await quiet.kill(id);
    const response = await fetch(`${admin}/invocations/${id}/restart-as-new?from=${sleep - 1}`, { method: 'PATCH' });
    const { new_invocation_id: copy } = (await response.json()) as { new_invocation_id: string };
    const looking = await supervised(
      { supervisor: { interval: 50, onKilled: 'roll-back' } },
      { namespace: quiet.namespace, registration: false },
    );
    await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
    expect(errorsOf(id)[0]).toContain(`restarted by hand as ${copy}`);
    await expect(operationsOf(looking).rollBack(id, { by: 'ada' })).rejects.toMatchObject({
      status: 409,
      code: 'REA8046',
    });
    await looking.close();
    expect(undone(input.id)).toEqual([]);
    await operationsOf(quiet).cancel(copy, { by: 'ada' });
    await expect.poll(() => undone(input.id)).toHaveLength(2);
    await quiet.close();
  });

  test('killed during its first action: that is not started again, and its compensation has the key of the killed one', async () => {
    const input = trip({ first: 'work' });
    world.gates.add(`${input.id} one`);
    const id = await killedAt(app, await started(app, input), `${input.id} begins one`);
    await copyOf(app, id);
    world.open(`${input.id} one`);
    expect(world.of(input.id).filter((line) => line === 'begins one')).toHaveLength(1);
    expect(undone(input.id)).toEqual(['undo one null']);
    expect(world.keys.get(`${input.id} undo one null`)).toEqual([`${id}/trip/one/compensation`]);
  });

  test('a copy whose row the server does not show yet is known as one all the same', async () => {
    const table = app.get(InvocationTable);
    const look = table.invocation.bind(table);
    const hidden: string[] = [];
    const input = trip({ first: 'work' });
    world.gates.add(`${input.id} one`);
    const killed = await started(app, input);
    const looks = vi.spyOn(table, 'invocation').mockImplementation(async (id) => {
      if (id === killed || hidden.filter((each) => each === id).length === 2) return look(id);
      hidden.push(id);
      return undefined;
    });
    await killedAt(app, killed, `${input.id} begins one`);
    const { id } = await copyOf(app, killed);
    looks.mockRestore();
    world.open(`${input.id} one`);
    expect(hidden).toEqual([id, id]);
    expect(world.keys.get(`${input.id} undo one null`)).toEqual([`${killed}/trip/one/compensation`]);
  });

  test.for(['cancel', 'error'] as const)(
    'killed during the rollback after a %s: the rest is undone, with the same keys',
    async (why) => {
      const input = trip({ ending: why === 'cancel' ? 'sleep' : 'fail', compensations: 'slow' });
      world.gates.add(`${input.id} undo one`);
      const id = await started(app, input);
      if (why === 'cancel') {
        await world.effects.seen(`${input.id} waits`);
        await app.cancel(id);
      }
      await killedAt(app, id, `${input.id} undoing one`);
      const copies = () => app.query<{ id: string }>(`select id from sys_invocation where restarted_from = '${id}'`);
      await expect.poll(copies).toHaveLength(1);
      world.open(`${input.id} undo one`);
      await copyOf(app, id);
      const line = `${input.id} undo one v1`;
      expect(new Set(world.keys.get(line))).toEqual(new Set([`${id}/trip/one/compensation`]));
      expect(new Set(undone(input.id))).toEqual(new Set([`undo two ${input.id} booked`, 'undo one v1']));
      expect(world.of(input.id).filter((each) => each === 'booked')).toHaveLength(1);
    },
  );

  test('a copy that is killed in its rollback is rolled back in its turn, with the keys of the first one', async () => {
    const input = trip({ compensations: 'slow' });
    world.gates.add(`${input.id} undo one`);
    const id = await killedAt(app, await started(app, input), `${input.id} waits`);
    const copy = await eventually(async () => {
      const [row] = await app.query<{ id: string }>(`select id from sys_invocation where restarted_from = '${id}'`);
      return row!.id;
    });
    await killedAt(app, copy, `${input.id} undoing one`);
    await expect.poll(() => toldOf(copy)).toEqual(['saga-killed']);
    world.open(`${input.id} undo one`);
    await copyOf(app, copy);
    expect(new Set(world.keys.get(`${input.id} undo one v1`))).toEqual(new Set([`${id}/trip/one/compensation`]));
    expect(new Set(undone(input.id))).toEqual(new Set([`undo two ${input.id} booked`, 'undo one v1']));
  });

  test('past its pivot it goes on forward', async () => {
    const input = trip({ ending: 'pivot' });
    const id = await killedAt(app, await started(app, input), `${input.id} waits`);
    await eventually(async () => {
      const copies = await app.query(`select id from sys_invocation where restarted_from = '${id}'`);
      expect(copies).toHaveLength(1);
    });
    expect(undone(input.id)).toEqual([]);
  });

  test('a killed workflow is rolled back from its log, each step once, by its own keys', async () => {
    const input = trip({ ending: 'work' });
    world.gates.add(`${input.id} three`);
    const { invocationId: id } = await app.ingress.workflow(LoggedTour).of(input.id).submit(input);
    await killedAt(app, id, `${input.id} begins three`);
    const lines = ['undo three null', `undo two ${input.id} booked`, 'undo one v1'];
    await expect.poll(() => undone(input.id)).toEqual(lines);
    world.open(`${input.id} three`);
    expect(world.keys.get(`${input.id} undo three null`)).toEqual([`${id}/trip/three/compensation`]);
    await eventually(async () => {
      const killed = (await operationsOf(app).killed()).find(({ invocationId }) => invocationId === id);
      expect(killed?.rollback).toMatchObject({
        by: 'supervisor',
        how: 'from-log',
        result: { compensated: ['three', 'two', 'one'], deadLettered: [], notUndone: [] },
      });
    });
  });

  test('what cannot be undone from a log is a dead letter, and the rest stays by the strategy', async () => {
    const input = trip({ compensations: 'broken' });
    const { invocationId: id } = await app.ingress.workflow(LoggedTour).of(input.id).submit(input);
    await killedAt(app, id, `${input.id} waits`);
    const entry = await eventually(() => app.get(DeadLetters).get(`${id}/trip/two`));
    expect(entry).toMatchObject({
      saga: 'trip',
      step: 'two',
      compensation: 'undo',
      attempts: 2,
      error: { message: 'cannot undo two' },
      service: 'LoggedTour',
      handler: 'run',
      key: input.id,
      notUndone: [{ step: 'one', compensation: 'undo' }],
    });
    await eventually(() => expect(errorsOf(id)).toContainEqual(expect.stringContaining('1 dead letters')));
  });

  test('a killed workflow without a log is only told, and the message says why', async () => {
    const input = trip();
    const { invocationId: id } = await app.ingress.workflow(Tour).of(input.id).submit(input);
    await killedAt(app, id, `${input.id} waits`);
    await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
    expect(errorsOf(id)[0]).toMatch(/cannot be rolled back.*journal: true/);
    expect(told.find(({ invocationId }) => invocationId === id)).toMatchObject({ rollback: 'none', key: input.id });
    expect(undone(input.id)).toEqual([]);
  });
});

async function reportOf(app: ReaTestApp, id: string) {
  const [output] = await app.query<{ entry_json: string }>(
    `select entry_json from sys_journal where id = '${id}' and entry_type = 'Command: Output'`,
  );
  const text = output?.entry_json ?? '';
  const found = /"rea\.saga"[^{]*?("\{(?:[^"\\]|\\.)*\}")/.exec(text);
  expect(found).not.toBeNull();
  return sagaReportOf({ metadata: { 'rea.saga': JSON.parse(found![1]!) as string } });
}
