import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { Traveller, type Trip, Trips, world } from './support/desk.js';
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

test('a copy that another process goes on with replays with the same keys', async () => {
  const saga = { supervisor: { interval: 20, onKilled: 'roll-back' as const } };
  const endpoint = { port: await freePort(), drainTimeout: 50 };
  const first = await supervised(saga, { endpoint });
  const { namespace } = first;
  const trip: Trip = { id: 'moved', compensations: 'slow' };
  world.gates.add('moved undo one');
  const traveller = first.ingress.object(Traveller).of(trip.id);
  const { invocationId: id } = await traveller.send.travel(trip, { idempotencyKey: trip.id });
  await world.effects.seen('moved waits');
  await expect.poll(async () => (await first.journal(id)).at(-1)?.entry_type).toBe('Command: Sleep');
  await first.kill(id);
  await world.effects.seen('moved undoing one');
  await first.close();
  const second = await supervised(saga, { endpoint, namespace });
  world.open('moved undo one');
  await eventually(async () => {
    const [copy] = await second.query(`select status from sys_invocation where restarted_from = '${id}'`);
    expect(copy).toEqual({ status: 'completed' });
  });
  expect(new Set(world.keys.get('moved undo one v1'))).toEqual(new Set([`${id}/trip/one/compensation`]));
  expect(world.keys.get('moved undo two moved booked')).toEqual([`${id}/trip/two/compensation`]);
  expect(world.of('moved').filter((line) => line === 'booked')).toHaveLength(1);
  await second.close();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
