import { readFileSync } from 'node:fs';
import { DeadLetters, expectIdempotent, sagaDiagram, SagaModule, sagaReportOf, type CompensationRun } from '@rea/saga';
import { Test } from '@nestjs/testing';
import { createTestApp, fakeContext, type ReaTestApp } from '@rea/testing';
import { ReaModule, runInContext } from '@rea/core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Agency } from './agency.js';
import { Cruises, CruiseSaga } from './cruise.saga.js';
import { GroupTrips } from './group-trip.js';
import { OperatorsModule } from './operators.module.js';
import { TripCompensations, TripWorkflow } from './trip.js';

let app: ReaTestApp;
let agency: Agency;

beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot({ retry: { maxAttempts: 3, initialInterval: 5 } })],
    providers: [Agency, TripWorkflow, TripCompensations, GroupTrips, CruiseSaga, Cruises],
  });
  agency = app.get(Agency);
});
afterAll(() => app?.close());
beforeEach(() => {
  agency.log.length = 0;
  agency.broken.clear();
});

function trip(id: string) {
  return app.ingress.workflow(TripWorkflow).of(id);
}

test('a trip is booked', async () => {
  await trip('t1').submit({ id: 't1' });
  expect(await trip('t1').attach()).toMatch(/^flight-\d+ and hotel-\d+$/);
  expect(agency.log).toEqual(['flight', 'hotel', 'pay', 'mail']);
  expect(await trip('t1').query.progress()).toMatchObject({
    status: 'completed',
    done: ['flight', 'hotel', 'pay', 'mail'],
  });
});

function bookGroup(names: readonly string[], idempotencyKey: string) {
  return app.ingress.service(GroupTrips).call.book(names, { idempotencyKey });
}

test('a full hotel takes the flight back', async () => {
  await trip('t2').submit({ id: 't2', failAt: 'hotel' });
  const error: unknown = await trip('t2')
    .attach()
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ status: 409, message: 'The hotel is full' });
  expect(agency.log).toEqual(['flight', 'cancel hotel', expect.stringMatching(/^cancel flight-\d+$/)]);
  expect(sagaReportOf(error)).toMatchObject({ status: 'rolled-back', compensated: ['hotel', 'flight'] });
});

test('after the pivot a step is tried again', async () => {
  await trip('t3').submit({ id: 't3', failAt: 'mail' });
  await trip('t3').attach();
  expect(agency.log).toEqual(['flight', 'hotel', 'pay', 'mail']);
});

test('what cannot be taken back is a dead letter, and can be redriven', async () => {
  agency.broken.add('cancel hotel');
  await trip('t4').submit({ id: 't4', failAt: 'hotel' });
  const error: unknown = await trip('t4')
    .attach()
    .catch((reason: unknown) => reason);
  const report = sagaReportOf(error)!;
  expect(report).toMatchObject({ status: 'incomplete', deadLettered: [{ step: 'hotel' }], notUndone: ['flight'] });
  const deadLetters = app.get(DeadLetters);
  const { id } = report.deadLettered[0]!;
  await expect.poll(() => deadLetters.get(id).catch(() => undefined)).toMatchObject({ status: 'open', attempts: 3 });
  await deadLetters.resolve(id, { by: 'ada', note: 'called the hotel' });
  expect(await deadLetters.get(id)).toMatchObject({ status: 'resolved' });
});

test('operators reach dead letters and sagas over HTTP, and nobody else does', async () => {
  await using operated = await createTestApp({ imports: [OperatorsModule] });
  await operated.app.listen(0, '127.0.0.1');
  const url = await operated.app.getUrl();
  const ask = async (path: string, authorization: string) => {
    const response = await fetch(`${url}/operators/${path}`, { headers: { authorization } });
    return [response.status, await response.json()];
  };
  expect(await ask('dead-letters?status=open&limit=20', 'Bearer ada-s-token')).toEqual([200, { entries: [] }]);
  expect(await ask('sagas/paused', 'Bearer ada-s-token')).toEqual([200, { sagas: [] }]);
  expect((await ask('dead-letters', 'Bearer guess'))[0]).toBe(401);
  expect((await ask('sagas/killed', 'Bearer guess'))[0]).toBe(401);
});

test('a group trip rolls its nested saga and its group back', async () => {
  const many = Array.from({ length: 8 }, (_, index) => `traveller ${index}`);
  expect(await bookGroup(many, 'g1')).toBe(8);
  agency.log.length = 0;
  const crowd = [...many, 'late 1', 'late 2'];
  await expect(bookGroup(crowd, 'g2')).rejects.toMatchObject({ status: 409 });
  const undone = agency.log.filter((line) => line.startsWith('no meal') || line.startsWith('cancel'));
  expect(undone[0]).toBe('no meal for late 2');
  expect(undone.slice(-2).toSorted()).toEqual(['cancel bus', 'cancel guide']);
});

test('a declared saga runs, and the diagram of the guide is its own', async () => {
  const result = await app.ingress.service(Cruises).call.book({ ship: 'Rea' }, { idempotencyKey: 'c1' });
  expect(result).toMatch(/^pay cabin on Rea-\d+-\d+$/);
  const guide = readFileSync(new URL('../../saga.md', import.meta.url), 'utf8');
  expect(guide).toContain(`\`\`\`mermaid\n${sagaDiagram(CruiseSaga)}\`\`\``);
});

// #region unit
test('a full hotel takes the flight back, without a server', async () => {
  const module = await Test.createTestingModule({
    imports: [
      ReaModule.forRoot({ server: { ingressUrl: 'http://nowhere' }, endpoint: false }), // serves nothing, asks nobody
      SagaModule.forRoot(),
    ],
    providers: [TripWorkflow, TripCompensations, Agency],
  }).compile();
  await module.init();
  const booking = runInContext(fakeContext(), (ctx) =>
    module.get(TripWorkflow).book(ctx, { id: 'unit', failAt: 'hotel' }),
  );
  await expect(booking).rejects.toMatchObject({ code: 409 });
  expect(module.get(Agency).log).toEqual(['flight', 'cancel hotel', expect.stringContaining('cancel flight')]);
});
// #endregion unit

// #region idempotent
test('cancelling a flight twice cancels it once', async () => {
  const airline = new Agency();
  const compensations = new TripCompensations(airline);
  const run: CompensationRun = { idempotencyKey: 'k', attempt: 1, saga: 'trip', step: 'flight' };
  await expectIdempotent(
    () => runInContext(fakeContext(), (ctx) => compensations.cancelFlight(ctx, { flight: 'f-1' }, run)),
    () => airline.log,
  );
  expect(airline.log).toEqual(['cancel f-1']);
});
// #endregion idempotent
