import { RestateServer } from '@rea/server';
import { expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { type Trip, Trips, world } from './support/desk.js';
import { errorsOf, supervised, toldOf } from './support/supervised-app.js';

/** Two processes of one application, as far as this one can be two. */
test('two replicas tell each killed saga once, and roll it back once', async () => {
  const saga = { supervisor: { interval: 20, onKilled: 'roll-back' as const } };
  const one = await supervised(saga);
  const two = await supervised(saga, { namespace: one.namespace });
  const trips = Array.from({ length: 12 }, (_, index): Trip => ({ id: `r${index}` }));
  const ids = await Promise.all(
    trips.map(async (trip) => {
      const { invocationId } = await one.ingress.service(Trips).send.travel(trip, { idempotencyKey: trip.id });
      await world.effects.seen(`${trip.id} waits`);
      await expect.poll(async () => (await one.journal(invocationId)).at(-1)?.entry_type).toBe('Command: Sleep');
      return invocationId;
    }),
  );
  await Promise.all(ids.map((id) => one.kill(id)));
  for (const [index, id] of ids.entries()) {
    const { id: name } = trips[index]!;
    await eventually(() =>
      expect(world.of(name).filter((line) => line.startsWith('undo '))).toEqual([
        `undo two ${name} booked`,
        'undo one v1',
      ]),
    );
    const copies = await one.query(`select id from sys_invocation where restarted_from = '${id}'`);
    expect(copies).toHaveLength(1);
    expect(toldOf(id)).toEqual(['saga-killed']);
    expect(errorsOf(id)).toHaveLength(1);
  }
  await Promise.all([one.close(), two.close()]);
});

test('a process that starts later finds what was killed while there was none, and does not tell it again', async () => {
  const before = await supervised({ supervisor: false });
  const { namespace } = before;
  const trip: Trip = { id: 'late' };
  const { invocationId: id } = await before.ingress.service(Trips).send.travel(trip, { idempotencyKey: trip.id });
  await world.effects.seen('late waits');
  await expect.poll(async () => (await before.journal(id)).at(-1)?.entry_type).toBe('Command: Sleep');
  await before.close();
  await before.kill(id);
  const first = await supervised({ supervisor: { interval: 20 } }, { namespace });
  await expect.poll(() => toldOf(id)).toEqual(['saga-killed']);
  await first.close();
  const second = await supervised({ supervisor: { interval: 20, onKilled: 'roll-back' } }, { namespace });
  const other: Trip = { id: 'later' };
  const { invocationId: last } = await second.ingress.service(Trips).send.travel(other, { idempotencyKey: other.id });
  await world.effects.seen('later waits');
  await second.kill(last);
  await expect.poll(() => toldOf(last)).toEqual(['saga-killed']);
  expect(toldOf(id)).toEqual(['saga-killed']);
  expect(world.of('late').filter((line) => line.startsWith('undo'))).toEqual([]);
  await second.close();
});

test('a copy that is replayed by another process makes the same keys', async () => {
  const server = await RestateServer.start({ alwaysReplay: true });
  try {
    const app = await supervised({ supervisor: { interval: 20, onKilled: 'roll-back' } }, {}, [], {
      ingressUrl: server.ingressUrl,
      adminUrl: server.adminUrl,
    });
    const trip: Trip = { id: 'replayed' };
    const { invocationId: id } = await app.ingress.service(Trips).send.travel(trip, { idempotencyKey: trip.id });
    await world.effects.seen('replayed waits');
    await expect.poll(async () => (await app.journal(id)).at(-1)?.entry_type).toBe('Command: Sleep');
    await app.kill(id);
    await eventually(() =>
      expect(world.of('replayed').filter((line) => line.startsWith('undo '))).toEqual([
        'undo two replayed booked',
        'undo one v1',
      ]),
    );
    expect(world.keys.get('replayed undo one v1')).toEqual([`${id}/trip/one/compensation`]);
    await app.close();
  } finally {
    await server.stop();
  }
});
