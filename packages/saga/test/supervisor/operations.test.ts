import { ReaRuntime, RestateConnection } from '@rea/core';
import { SagaOperationException, sagaReportOf } from '@rea/saga';
import type { ReaTestApp, TestAppOptions } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Office, type Trip, Trips, Traveller, world } from './support/desk.js';
import { errorsOf, operationsOf, supervised, told, toldOf } from './support/supervised-app.js';

let app: ReaTestApp;
let count = 0;
beforeAll(async () => (app = await supervised()));
afterAll(() => app.close());

const trip = (more: Partial<Trip> = {}): Trip => ({ id: `o${(count += 1)}`, ...more });
const undone = ({ id }: Trip) => world.of(id).filter((line) => line.startsWith('undo '));
const all = ({ id }: Trip) => [`undo two ${id} booked`, 'undo one v1'];

async function started(input: Trip): Promise<string> {
  const { invocationId } = await app.ingress.service(Trips).send.travel(input, { idempotencyKey: input.id });
  return invocationId;
}

function failureOf(input: Trip): Promise<unknown> {
  return app.ingress
    .service(Trips)
    .call.travel(input, { idempotencyKey: input.id })
    .then(
      (value) => ({ value }),
      (error: unknown) => error,
    );
}

async function pausedSaga(): Promise<{ input: Trip; id: string }> {
  const input = trip({ ending: 'break' });
  const id = await started(input);
  await expect.poll(() => toldOf(id)).toEqual(['saga-paused']);
  return { input, id };
}

test('a paused saga is told once, with its error and the verbs, and listed', async () => {
  const { id } = await pausedSaga();
  expect(told.find(({ invocationId }) => invocationId === id)).toMatchObject({
    service: 'Trips',
    handler: 'travel',
    error: { code: 500, message: expect.stringMatching(/^Run ".*" failed on try \d+: the train is late$/) },
  });
  expect(errorsOf(id)).toHaveLength(1);
  expect(errorsOf(id)[0]).toMatch(
    /^REA8041: .*the train is late.*SagaOperations\.resume\('inv_.*SagaOperations\.cancel\('inv_/,
  );
  const paused = await operationsOf(app).paused();
  expect(paused.find(({ invocationId }) => invocationId === id)).toEqual({
    invocationId: id,
    service: 'Trips',
    handler: 'travel',
    key: null,
    kind: 'service',
    pausedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    error: { code: 500, message: expect.stringMatching(/^Run ".*" failed on try \d+: the train is late$/) },
  });
  const { id: other } = await pausedSaga();
  expect(toldOf(other)).toEqual(['saga-paused']);
  expect(toldOf(id)).toEqual(['saga-paused']);
});

test('resume goes on where it stands, once the cause is mended', async () => {
  const { input, id } = await pausedSaga();
  world.mended.add(input.id);
  await operationsOf(app).resume(id, { by: 'ada' });
  expect(await failureOf(input)).toEqual({ value: 'done' });
  expect(world.of(input.id).filter((line) => line === 'one' || line === 'booked')).toEqual(['one', 'booked']);
  expect(undone(input)).toEqual([]);
  await expect(operationsOf(app).resume(id, { by: 'ada' })).rejects.toMatchObject({ status: 409, code: 'REA8048' });
  await expect(operationsOf(app).cancel(id, { by: 'ada' })).rejects.toMatchObject({ status: 409, code: 'REA8047' });
});

test('what is paused a second time is told a second time', async () => {
  const { id } = await pausedSaga();
  await operationsOf(app).resume(id, { by: 'ada' });
  await expect.poll(() => toldOf(id)).toEqual(['saga-paused', 'saga-paused']);
});

test('cancel rolls a paused saga back, and the report has the reason', async () => {
  const { input, id } = await pausedSaga();
  await operationsOf(app).cancel(id, { by: 'ada', reason: 'the customer gave up' });
  const error = await failureOf(input);
  expect(error).toMatchObject({ status: 409 });
  expect(sagaReportOf(error)).toMatchObject({ cause: { kind: 'cancelled', reason: 'the customer gave up' } });
  expect(undone(input).slice(-2)).toEqual(all(input));
});

test('cancel rolls a live saga back; without a reason the report has none', async () => {
  const input = trip();
  const id = await started(input);
  await world.effects.seen(`${input.id} waits`);
  await operationsOf(app).cancel(id, { by: 'ada' });
  const report = sagaReportOf(await failureOf(input));
  expect(report).toMatchObject({ status: 'rolled-back', cause: { kind: 'cancelled' } });
  expect(report?.cause).not.toHaveProperty('reason');
  expect(undone(input)).toEqual(all(input));
});

test('a handler cancels a saga with a reason, on an object too', async () => {
  const input = trip();
  const traveller = app.ingress.object(Traveller).of(input.id);
  const { invocationId } = await traveller.send.travel(input, { idempotencyKey: input.id });
  await world.effects.seen(`${input.id} waits`);
  await app.ingress.service(Office).call.cancel({ invocationId, reason: 'sold out' }, { idempotencyKey: input.id });
  const error: unknown = await traveller.call
    .travel(input, { idempotencyKey: input.id })
    .catch((thrown: unknown) => thrown);
  expect(sagaReportOf(error)).toMatchObject({ cause: { kind: 'cancelled', reason: 'sold out' } });
  expect(undone(input)).toEqual(all(input));
  expect((await app.state('Traveller', input.id))['_rea.saga.trip']).toMatchObject({
    status: 'rolled-back',
    cause: { reason: 'sold out' },
  });
});

test('handlers without sagas are not operated on', async () => {
  const { invocationId: id } = await app.ingress.service(Trips).send.wait('wait', { idempotencyKey: 'wait' });
  await world.effects.seen('wait waits');
  for (const verb of ['cancel', 'resume', 'rollBack'] as const) {
    const operations = operationsOf(app);
    const error: unknown = await operations[verb](id, { by: 'ada' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SagaOperationException);
    expect(error).toMatchObject({ status: 404, code: 'REA8043' });
  }
  await app.kill(id);
});

test('a request that cannot be meant is refused with 400', async () => {
  const operations = operationsOf(app);
  const id = `inv_1${'0'.repeat(33)}`;
  for (const refused of [
    () => operations.cancel(id, { by: '' }),
    () => operations.cancel(id, { by: 'x'.repeat(257) }),
    () => operations.cancel(id, { by: 'ada', reason: ' ' }),
    () => operations.resume('', { by: 'ada' }),
    () => operations.killed({ limit: 0 }),
    () => operations.paused({ limit: 501 }),
    () => operations.killed({ since: 'tomorrow' }),
    () => operations.killed({ since: new Date(Number.NaN) }),
  ]) {
    await expect(refused()).rejects.toMatchObject({ status: 400, code: 'REA8049' });
  }
});

test('a process without handlers and admin API operates through those that have them, with the secret', async () => {
  const deadLetters = { secret: 'correct horse battery staple' };
  const back = await supervised({ deadLetters, supervisor: false });
  const front = await supervised({ deadLetters }, { namespace: back.namespace, endpoint: false }, [], withoutAdmin());
  const input = trip({ ending: 'break' });
  const { invocationId: id } = await back.ingress.service(Trips).send.travel(input, { idempotencyKey: input.id });
  await expect
    .poll(async () => (await operationsOf(front).paused()).map(({ invocationId }) => invocationId))
    .toEqual([id]);
  world.mended.add(input.id);
  await operationsOf(front).resume(id, { by: 'ada' });
  expect(await back.ingress.service(Trips).call.travel(input, { idempotencyKey: input.id })).toBe('done');
  expect(await operationsOf(front).killed()).toEqual([]);
  await Promise.all([front.close(), back.close()]);
});

test('where the handlers have no admin API, the verbs say so', async () => {
  const deadLetters = { secret: 'correct horse battery staple' };
  const blind = await supervised({ deadLetters }, { registration: false }, [], withoutAdmin());
  await blind.register(`http://127.0.0.1:${new URL(blind.get(ReaRuntime).endpointUrl!).port}`);
  for (const asked of [
    () => operationsOf(blind).killed(),
    () => operationsOf(blind).paused(),
    () => operationsOf(blind).rollBack(`inv_1${'0'.repeat(33)}`, { by: 'ada' }),
  ]) {
    await expect(asked()).rejects.toMatchObject({ status: 503, code: 'REA8050' });
  }
  await blind.close();
});

test('the facade does nothing without the secret', async () => {
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { ingressUrl: string };
  for (const verb of ['found', 'killed', 'paused', 'rollBack', 'cancel', 'resume']) {
    for (const headers of [{}, { 'x-rea-operator-secret': 'guess' }]) {
      const response = await fetch(`${ingressUrl}/${app.serverName('rea.SagaOperator')}/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: '{}',
      });
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('REA8020');
    }
  }
  for (const path of ['rea.SagaCase/x/foundKilled', 'rea.SagaCase/x/rollBack', 'rea.LogRollback/run']) {
    const response = await fetch(`${ingressUrl}/${app.serverName(path)}`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('not public');
  }
});

function withoutAdmin(): Pick<TestAppOptions, 'override'> {
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { ingressUrl: string };
  const connection: RestateConnection = { ingressUrl, adminUrl: undefined, headers: {} };
  return { override: (builder) => builder.overrideProvider(RestateConnection).useValue(connection) };
}
