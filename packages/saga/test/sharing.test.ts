import { Injectable, Logger, type Type } from '@nestjs/common';
import { Handler, ReaEvents, run, Service } from '@rea/core';
import { Compensation, compensateWith, DeadLetters, SagaModule, SagaOperations, Sagas } from '@rea/saga';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../core/test/support/eventually.js';
import { Effects } from './support/effects.js';

for (const level of ['log', 'warn', 'error'] as const) vi.spyOn(Logger.prototype, level).mockImplementation(() => {});

const effects = new Effects();
const broken = new Set<string>();

const NAMES = ['shop', 'billing'] as const;
type Name = (typeof NAMES)[number];

/** An application whose saga and compensation are its own. */
function providersOf(name: Name): Type[] {
  @Injectable()
  class Bank {
    @Compensation(`undo-${name}`)
    async undo(ctx: Context, id: string): Promise<void> {
      await run(ctx, 'undo', () => {
        if (broken.has(id)) throw new TerminalError('closed');
        effects.add(`${name} undid ${id}`);
      });
    }
  }
  @Service({ name: `Checkout-${name}` })
  class Checkout {
    constructor(private readonly sagas: Sagas) {}

    @Handler()
    async place(ctx: Context, { id, end }: { id: string; end: 'fail' | 'hold' }): Promise<void> {
      await this.sagas.run(ctx, 'order', async (saga) => {
        await saga.step('pay', { compensate: compensateWith(`undo-${name}`, () => id), action: async () => {} });
        if (end === 'fail') throw new TerminalError('sold out');
        await run(ctx, 'note', () => effects.add(`${name} holds ${id}`));
        await ctx.awakeable().promise;
      });
    }
  }
  return [Bank, Checkout];
}

interface Started {
  readonly app: ReaTestApp;
  readonly checkout: Type;
  readonly killed: string[];
}

let server: RestateServer;
const apps = {} as Record<Name, Started>;

beforeAll(async () => {
  server = await RestateServer.start();
  const { ingressUrl, adminUrl } = server;
  for (const name of NAMES) {
    const providers = providersOf(name);
    const app = await createTestApp({
      server: { ingressUrl, adminUrl },
      rea: { namespace: 'one', name },
      imports: [
        SagaModule.forRoot({
          retry: { initialInterval: 10, maxAttempts: 2 },
          supervisor: { interval: 50, onKilled: 'roll-back' },
        }),
      ],
      providers,
    });
    const killed: string[] = [];
    app.get(ReaEvents).on('saga-killed', ({ invocationId }) => void killed.push(invocationId));
    apps[name] = { app, checkout: providers[1]!, killed };
  }
});
afterAll(async () => {
  for (const { app } of Object.values(apps)) await app.close();
  await server.stop();
});

const other = (name: Name): Name => (name === 'shop' ? 'billing' : 'shop');

async function start(name: Name, id: string, end: 'fail' | 'hold'): Promise<string> {
  const url = `${server.ingressUrl}/one.Checkout-${name}/place/send`;
  const body = JSON.stringify({ id, end });
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return ((await answer.json()) as { invocationId: string }).invocationId;
}

// The one that was registered last took everything where both had the same names.
describe.each(NAMES)('with another application on the server, %s', { meta: { claim: 'shared-server' } }, (name) => {
  test('has dead letters of its own, and redrives them itself', async () => {
    const id = `${name} letter`;
    broken.add(id);
    await start(name, id, 'fail');
    const { app } = apps[name];
    const entry = await eventually(async () => {
      const { entries } = await app.get(DeadLetters).list({ status: 'open' });
      expect(entries).toMatchObject([{ service: `Checkout-${name}`, compensation: `undo-${name}` }]);
      return entries[0]!;
    });
    const stranger = apps[other(name)].app.get(DeadLetters);
    expect((await stranger.list({ saga: 'order' })).entries.filter((each) => each.id === entry.id)).toEqual([]);
    await expect(stranger.get(entry.id)).rejects.toMatchObject({ status: 404 });
    broken.delete(id);
    expect(await app.get(DeadLetters).redrive(entry.id, { by: 'ada' })).toMatchObject({ outcome: 'redriven' });
    expect(effects.log).toContain(`${name} undid ${id}`);
  });

  test('has its killed saga reported and rolled back, by itself alone', async () => {
    const id = `${name} killed`;
    const { app, killed } = apps[name];
    const invocationId = await start(name, id, 'hold');
    await effects.seen(`${name} holds ${id}`);
    await eventually(async () => expect((await app.journal(invocationId)).length).toBeGreaterThan(2));
    await app.kill(invocationId);
    await effects.seen(`${name} undid ${id}`);
    expect(killed).toEqual([invocationId]);
    expect(apps[other(name)].killed).not.toContain(invocationId);
    const seen = async (whose: Name) => {
      const sagas = await apps[whose].app.get(SagaOperations).killed();
      return sagas.map((saga) => saga.invocationId).includes(invocationId);
    };
    expect([await seen(name), await seen(other(name))]).toEqual([true, false]);
    await expect(apps[other(name)].app.get(SagaOperations).rollBack(invocationId, { by: 'eve' })).rejects.toMatchObject(
      { status: 404 },
    );
  });

  test('has a secret of its own', async () => {
    const secret = async (whose: Name) => (await apps[whose].app.state('rea.DeadLetterSecret', 'operator'))['secret'];
    expect(await secret(name)).not.toBe(await secret(other(name)));
    const url = `${server.ingressUrl}/${apps[name].app.serverName('rea.DeadLetterOperator')}/count`;
    const statusWith = async (whose: Name) => {
      const headers = { 'content-type': 'application/json', 'x-rea-operator-secret': String(await secret(whose)) };
      return (await fetch(url, { method: 'POST', headers, body: '{}' })).status;
    };
    expect([await statusWith(name), await statusWith(other(name))]).toEqual([200, 403]);
  });
});
