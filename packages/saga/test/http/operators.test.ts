import { type CanActivate, type ExecutionContext, Injectable, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type DeadLetterEntry,
  type DeadLetterPage,
  DeadLetters,
  type KilledSaga,
  type PausedSaga,
  type RedriveResult,
  SagaModule,
  SagaOperatorsModule,
} from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Bank } from '../dead-letters/support/bank.js';
import { Reporter } from '../dead-letters/support/reporter.js';
import { fill, reportOf } from '../dead-letters/support/reports.js';
import { type Trip, Trips, Undo, Agency, Booking, Traveller, world } from '../supervisor/support/desk.js';

/** Stands for whatever knows the operators of an application; what it injects comes by `imports`. */
@Injectable()
class Badges {
  readonly known = new Map([['Badge 7', 'ada']]);
}

@Module({ providers: [Badges], exports: [Badges] })
class BadgesModule {}

interface WithOperator {
  readonly headers: Readonly<Record<string, string | undefined>>;
  operator?: string;
}

@Injectable()
class OperatorsOnly implements CanActivate {
  constructor(private readonly badges: Badges) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<WithOperator>();
    const operator = this.badges.known.get(request.headers['authorization'] ?? '');
    if (operator !== undefined) request.operator = operator;
    return operator !== undefined;
  }
}

interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** What the supervised sagas have done is kept for the whole file, by their ids. */
let count = 0;

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('The routes of operators on %s,', (_platform, adapter) => {
  let app: ReaTestApp;
  let url: string;

  beforeAll(async () => {
    app = await createTestApp({
      imports: [
        SagaModule.forRoot({ retry: { initialInterval: 10, maxAttempts: 2 }, supervisor: { interval: 50 } }),
        SagaOperatorsModule.register({ guards: [OperatorsOnly], imports: [BadgesModule] }),
        SagaOperatorsModule.register({
          path: '/named/',
          guards: [OperatorsOnly],
          imports: [BadgesModule],
          operator: ({ operator }: WithOperator) => `${operator} by badge`,
        }),
      ],
      providers: [Bank, Reporter, Trips, Traveller, Booking, Agency, Undo],
      httpAdapter: adapter(),
    });
    await app.app.listen(0, '127.0.0.1');
    url = await app.app.getUrl();
  });
  afterAll(() => app?.close());

  async function ask<T>(method: string, path: string, body?: unknown, badge = 'Badge 7'): Promise<Answer<T>> {
    const response = await fetch(`${url}/${path}`, {
      method,
      headers: { authorization: badge, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === '' ? undefined : JSON.parse(text)) as T,
    };
  }

  /** An entry in the queue, and its path. */
  async function entry(changes: Parameters<typeof reportOf>[0] = {}): Promise<{ id: string; path: string }> {
    const id = `http ${(count += 1)}/ü?#%`;
    await fill({ app, deadLetters: app.get(DeadLetters) } as never, reportOf({ id, ...changes }));
    return { id, path: `operators/dead-letters/${encodeURIComponent(id)}` };
  }

  describe('without the guard’s consent', () => {
    test.for([
      ['GET', 'dead-letters'],
      ['GET', 'dead-letters/count'],
      ['GET', 'dead-letters/x'],
      ['GET', 'dead-letters/x/history'],
      ['POST', 'dead-letters/x/redrive'],
      ['POST', 'dead-letters/x/resolve'],
      ['POST', 'dead-letters/x/discard'],
      ['GET', 'sagas/killed'],
      ['GET', 'sagas/paused'],
      ['POST', 'sagas/x/roll-back'],
      ['POST', 'sagas/x/cancel'],
      ['POST', 'sagas/x/resume'],
    ] as const)('%s %s is 403', async ([method, path]) => {
      for (const mount of ['operators', 'named']) {
        expect(await ask(method, `${mount}/${path}`, undefined, 'Badge 8')).toMatchObject({
          status: 403,
          body: { message: 'Forbidden resource' },
        });
      }
    });

    test.for([
      ['no guards', undefined],
      ['an empty list', []],
      ['something that is no guard', [Date]],
      ['nothing in the list', [undefined]],
    ] as const)('%s: it does not mount, and says how', ([, guards]) => {
      expect(() => SagaOperatorsModule.register({ guards } as never)).toThrow(
        /^REA1045: .*open to everybody.*guards: \[/,
      );
    });
  });

  describe('the dead letters', () => {
    test('are listed with filters, page by page, and counted', async () => {
      for (let each = 0; each < 3; each += 1) await entry({ saga: 'pages', step: each === 2 ? 'last' : 'first' });
      const list = (query: string) => ask<DeadLetterPage>('GET', `operators/dead-letters?saga=pages${query}`);
      const first = await list('&limit=2');
      expect(first).toMatchObject({ status: 200, body: { entries: [{ step: 'last' }, { step: 'first' }] } });
      expect(first.headers.get('cache-control')).toBe('no-store');
      const second = await list(`&limit=2&cursor=${first.body.cursor}`);
      expect(second.body.entries).toMatchObject([{ step: 'first' }]);
      expect(second.body.cursor).toBeUndefined();
      expect((await list('&step=last&status=open&compensation=refund&service=Checkout')).body.entries).toHaveLength(1);
      expect((await list('&status=resolved')).body.entries).toEqual([]);
      expect((await list('&until=2020-01-01T00:00:00Z')).body.entries).toEqual([]);
      expect((await ask('GET', 'operators/dead-letters/count?saga=pages&since=2020-01-01')).body).toEqual({ count: 3 });
    });

    test('are inspected, with their history', async () => {
      const { id, path } = await entry();
      expect(await ask('GET', path)).toMatchObject({
        status: 200,
        body: { id, status: 'open', attempts: 3, error: { code: 503 }, notUndone: [], history: [{ action: 'added' }] },
      });
      expect((await ask('GET', `${path}/history`)).body).toEqual({
        history: [expect.objectContaining({ action: 'added' })],
        forgottenRecords: 0,
      });
    });

    test('are redriven, with an edited payload too', async () => {
      const { id, path } = await entry({ payload: { order: 'http', end: 'refused' } });
      const redrive = (body: object) => ask<RedriveResult>('POST', `${path}/redrive`, body);
      expect(await redrive({ by: 'ada' })).toMatchObject({
        status: 200,
        body: { outcome: 'failed', error: { code: 451 }, entry: { status: 'open' } },
      });
      expect(await redrive({ by: 'bob', note: 'edited', payload: { order: id } })).toMatchObject({
        status: 200,
        body: { outcome: 'redriven', entry: { status: 'redriven', editedPayload: { order: id } } },
      });
      expect(app.get(Bank).effectsOf(id)).toEqual(['first', 'second']);
      expect(await redrive({ by: 'ada' })).toMatchObject({ status: 409, body: { code: 'REA8022' } });
      const { body } = await ask<DeadLetterEntry>('GET', `${path}/history`);
      expect(body.history.map(({ by, action, note }) => [by, action, note])).toEqual([
        ['Checkout/place', 'added', undefined],
        ['ada', 'redrive-failed', undefined],
        ['bob', 'redriven', 'edited'],
      ]);
    });

    test.for([
      ['resolve', 'resolved'],
      ['discard', 'discarded'],
    ] as const)('are closed by %s', async ([verb, status]) => {
      const { path } = await entry();
      expect(await ask('POST', `${path}/${verb}`, { by: 'ada', note: 'by hand' })).toMatchObject({
        status: 200,
        body: { status, history: [{}, { action: status, by: 'ada', note: 'by hand' }] },
      });
      expect(await ask('POST', `${path}/${verb}`, { by: 'ada', note: 'again' })).toMatchObject({ status: 409 });
    });

    test('discard no single step: the entry stays open, and the answer says what to do', async () => {
      const { id, path } = await entry();
      expect(await ask('POST', `${path}/discard`, { by: 'ada', note: 'fine', step: 'pay' })).toMatchObject({
        status: 400,
        body: {
          code: 'REA8027',
          message: expect.stringMatching(/as a whole.*"pay".*resolve\(id, { by, note, step }\)/),
        },
      });
      expect(await app.get(DeadLetters).get(id)).toMatchObject({ status: 'open' });
    });

    test('take the operator’s name from the request where the application says so, whatever the body says', async () => {
      const { path } = await entry();
      const { body } = await ask<DeadLetterEntry>('POST', `${path.replace('operators', 'named')}/resolve`, {
        by: 'somebody else',
        note: 'by hand',
      });
      expect(body.history.at(-1)).toMatchObject({ by: 'ada by badge' });
    });

    test.for([
      ['GET', '?limit=0', undefined, 400],
      ['GET', '?limit=many', undefined, 400],
      ['GET', '?limit=1&limit=2', undefined, 400],
      ['GET', '?status=closed', undefined, 400],
      ['GET', '?status=open&status=resolved', undefined, 400],
      ['GET', '?saga[x]=1&step=a&step=b', undefined, 400],
      ['GET', '?cursor=what', undefined, 400],
      ['GET', '?since=tomorrow', undefined, 400],
      ['GET', '/nobody', undefined, 404],
      ['GET', '/nobody/history', undefined, 404],
      ['POST', '/nobody/redrive', { by: 'ada' }, 404],
      ['POST', '/nobody/redrive', {}, 400],
      ['POST', '/nobody/redrive', undefined, 400],
      ['POST', '/nobody/redrive', { by: 7 }, 400],
      ['POST', '/nobody/resolve', { by: 'ada' }, 400],
      ['POST', '/nobody/discard', { by: 'ada', note: [] }, 400],
      ['POST', '/nobody/discard', { by: 'ada', note: 'n', step: 7 }, 400],
    ] as const)('%s %s with %j is %i', async ([method, path, body, status]) => {
      expect(await ask(method, `operators/dead-letters${path}`, body)).toMatchObject({
        status,
        body: { code: status === 404 ? 'REA8021' : 'REA8027' },
      });
    });
  });

  describe('the sagas', () => {
    async function paused(): Promise<{ readonly trip: Trip; readonly id: string }> {
      const trip: Trip = { id: `h${(count += 1)}`, ending: 'break' };
      const { invocationId: id } = await app.ingress.service(Trips).send.travel(trip, { idempotencyKey: trip.id });
      const list = () => ask<{ sagas: PausedSaga[] }>('GET', 'operators/sagas/paused?limit=500');
      await expect
        .poll(async () => (await list()).body.sagas.map(({ invocationId }) => invocationId), { timeout: 15_000 })
        .toContain(id);
      return { trip, id };
    }

    test('that are paused are listed and resumed', async () => {
      const { trip, id } = await paused();
      world.mended.add(trip.id);
      expect(await ask('POST', `operators/sagas/${id}/resume`, { by: 'ada' })).toMatchObject({ status: 202 });
      expect(await app.ingress.service(Trips).call.travel(trip, { idempotencyKey: trip.id })).toBe('done');
      expect(await ask('POST', `operators/sagas/${id}/resume`, { by: 'ada' })).toMatchObject({
        status: 409,
        body: { code: 'REA8048' },
      });
    });

    test('that are paused are cancelled, and roll back', async () => {
      const { trip, id } = await paused();
      const cancel = await ask('POST', `operators/sagas/${id}/cancel`, { by: 'ada', reason: 'given up' });
      expect(cancel.status).toBe(202);
      await expect(app.ingress.service(Trips).call.travel(trip, { idempotencyKey: trip.id })).rejects.toMatchObject({
        status: 409,
      });
      expect(world.of(trip.id)).toContain('undo one v1');
    });

    test('that were killed are listed and rolled back', async () => {
      const trip: Trip = { id: `h${(count += 1)}` };
      const { invocationId: id } = await app.ingress.service(Trips).send.travel(trip, { idempotencyKey: trip.id });
      await world.effects.seen(`${trip.id} waits`);
      await app.kill(id);
      const list = () => ask<{ sagas: KilledSaga[] }>('GET', 'operators/sagas/killed');
      await expect
        .poll(async () => (await list()).body.sagas.map(({ invocationId }) => invocationId), { timeout: 15_000 })
        .toContain(id);
      expect(await ask('POST', `operators/sagas/${id}/roll-back`, { by: 'ada' })).toMatchObject({ status: 202 });
      await expect.poll(() => world.of(trip.id), { timeout: 15_000 }).toContain('undo one v1');
    });

    test.for([
      ['GET', 'killed?limit=0', undefined, 400],
      ['GET', 'killed?since=tomorrow', undefined, 400],
      ['GET', 'paused?limit=x', undefined, 400],
      ['POST', 'nobody/resume', { by: 'ada' }, 400],
      ['POST', `inv_1${'0'.repeat(33)}/resume`, {}, 400],
      ['POST', `inv_1${'0'.repeat(33)}/cancel`, { by: 'ada', reason: '' }, 400],
      ['POST', `inv_1${'0'.repeat(33)}/cancel`, { by: 'ada' }, 404],
      ['POST', `inv_1${'0'.repeat(33)}/roll-back`, { by: 'ada' }, 404],
    ] as const)('%s %s with %j is %i', async ([method, path, body, status]) => {
      expect(await ask(method, `operators/sagas/${path}`, body)).toMatchObject({
        status,
        body: { code: status === 404 ? 'REA8043' : 'REA8049' },
      });
    });
  });
});
