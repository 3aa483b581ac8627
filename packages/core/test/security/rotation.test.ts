import { type AttemptOutcome, EndpointSecurity, Handler, ReaEvents, ReaOptionsError, run, Service } from '@rea/core';
import { createIdentityKey, RestateServer } from '@rea/server';
import { createTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';

@Service()
class Sleeper {
  @Handler({ inactivityTimeout: 0 })
  async nap(ctx: Context, name: string): Promise<string> {
    await run(ctx, 'lie down', () => name);
    await ctx.sleep(50);
    return `${name} is rested`;
  }
}

test('keys rotate from old to both to new, and no invocation notices', async () => {
  const [old, next] = await Promise.all([createIdentityKey(), createIdentityKey()]);
  await using server = await RestateServer.start({ identityKey: old });
  await using app = await createTestApp({
    providers: [Sleeper],
    server,
    rea: { endpoint: { security: { identityKeys: [old.publicKey] } } },
  });
  const security = app.get(EndpointSecurity);
  const outcomes: AttemptOutcome[] = [];
  const refused: string[] = [];
  app.get(ReaEvents).on('attempt-ended', ({ outcome }) => outcomes.push(outcome));
  app.get(ReaEvents).on('security-rejected', ({ reason }) => refused.push(reason));
  let naps = 0;
  const nap = async (count: number) => {
    const names = Array.from({ length: count }, () => `nap-${(naps += 1)}`);
    const call = app.ingress.service(Sleeper).call;
    expect(await Promise.all(names.map((name) => call.nap(name, { idempotencyKey: name })))).toEqual(
      names.map((name) => `${name} is rested`),
    );
  };

  await nap(20);
  security.setIdentityKeys([old.publicKey, next.publicKey]);
  await nap(20);
  // Begun under the old key, and ended under the new.
  const sleepers = ['a', 'b', 'c', 'd'].map((name) =>
    app.ingress.service(Sleeper).send.nap(name, { idempotencyKey: name }),
  );
  const across = await Promise.all(sleepers);
  await server.restart({ identityKey: next });
  expect(await Promise.all(across.map((sleeper) => sleeper.result()))).toHaveLength(across.length);
  await nap(20);
  security.setIdentityKeys([next.publicKey]);
  await nap(20);

  expect(security.identityKeys).toEqual([next.publicKey]);
  expect(refused).toEqual([]);
  // What the restart itself cuts is no refusal.
  const failed = outcomes.filter((outcome) => !['completed', 'suspended', 'cut'].includes(outcome));
  seen(
    `${naps + across.length} invocations over three sets of keys and a restart: ${failed.length} failed attempts, 0 refused requests`,
  );
  expect(failed).toEqual([]);

  // The old key has gone at once, cached tokens included.
  await server.restart({ identityKey: old });
  const waiting = app.ingress.service(Sleeper).call.nap('late', { idempotencyKey: 'late' });
  await expect.poll(() => security.counts()['bad-signature']).toBeGreaterThan(0);
  security.setIdentityKeys([old.publicKey]);
  await expect(waiting).resolves.toBe('late is rested');
});

test('a set of keys that cannot work leaves the one in force', async () => {
  const key = await createIdentityKey();
  await using app = await createTestApp({
    providers: [Sleeper],
    rea: { registration: false, endpoint: { security: { identityKeys: [key.publicKey] } } },
  });
  const security = app.get(EndpointSecurity);
  expect(() => security.setIdentityKeys([key.publicKey, 'publickeyv1_x'])).toThrow(ReaOptionsError);
  expect(() => security.setIdentityKeys([])).toThrow(/REA1050/);
  expect(security.identityKeys).toEqual([key.publicKey]);
});
