import {
  EndpointSecurity,
  Handler,
  ReaEvents,
  type ReplayStore,
  run,
  type SecurityOptions,
  Service,
  VirtualObject,
} from '@rea/core';
import { createIdentityKey, type IdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { freePort } from './support/free-port.js';
import { type Answer, request } from './support/h2-request.js';
import { bodyOf, RecordingProxy, type RecordedRequest } from './support/recording-proxy.js';

let effects = 0;

@Service()
class Bank {
  @Handler()
  async pay(ctx: Context, amount: number): Promise<string> {
    await run(ctx, 'transfer', () => {
      effects += 1;
    });
    return `the secret receipt for ${amount}`;
  }
}

@VirtualObject()
class Account {
  @Handler()
  async deposit(ctx: ObjectContext, amount: number): Promise<number> {
    effects += 1;
    return amount;
  }
}

let key: IdentityKey;
let server: RestateServer;
const proxies: RecordingProxy[] = [];
const apps: ReaTestApp[] = [];
beforeAll(async () => {
  key = await createIdentityKey();
  server = await RestateServer.start({ identityKey: key });
});
afterAll(() => server?.stop());
beforeEach(() => {
  effects = 0;
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
  for (const proxy of proxies.splice(0)) proxy.close();
});

interface Stage {
  readonly app: ReaTestApp;
  readonly endpoint: string;
  readonly proxy: RecordingProxy;
}

async function open(security: SecurityOptions = {}): Promise<Stage> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const proxy = await RecordingProxy.start(endpoint);
  proxies.push(proxy);
  const app = await createTestApp({
    providers: [Bank, Account],
    server,
    rea: { endpoint: { port, advertisedUrl: proxy.url, security: { identityKeys: [key.publicKey], ...security } } },
  });
  apps.push(app);
  return { app, endpoint, proxy };
}

/** 100 invocations, half of them of objects, as an eavesdropper has them. */
async function record({ app, proxy }: Stage): Promise<RecordedRequest[]> {
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      await app.ingress.service(Bank).call.pay(index, { idempotencyKey: false });
      await app.ingress
        .object(Account)
        .of(`a${index % 7}`)
        .call.deposit(index, { idempotencyKey: false });
    }),
  );
  const recorded = proxy.requests.filter(({ headers }) => headers[':path']?.includes('/invoke/'));
  expect(recorded).toHaveLength(100);
  return recorded;
}

async function replay(endpoint: string, recorded: readonly RecordedRequest[]): Promise<Answer[]> {
  const answers = [];
  for (const one of recorded) answers.push(await request(endpoint, one.headers, bodyOf(one)));
  return answers;
}

const leaked = (answers: readonly Answer[]) => answers.filter(({ body }) => body.includes('secret receipt')).length;
const tally = (answers: readonly Answer[]) =>
  Object.entries(Object.groupBy(answers, ({ status }) => status)).map(
    ([status, list]) => `${list?.length} x ${status}`,
  );

describe('100 recorded requests, played again,', () => {
  test('are refused, and nothing happens', async () => {
    const stage = await open();
    const recorded = await record(stage);
    const before = effects;
    const answers = await replay(stage.endpoint, recorded);
    seen(`with protection: ${tally(answers).join()}, ${effects - before} effects, ${leaked(answers)} answers leaked`);
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(100).fill(409));
    expect(effects).toBe(before);
    expect(leaked(answers)).toBe(0);
    expect(stage.app.get(EndpointSecurity).counts()).toEqual({ replayed: 100 });
  });

  test('are served without the protection, which is what it is for', async () => {
    const stage = await open({ replayProtection: false });
    const recorded = await record(stage);
    const before = effects;
    const answers = await replay(stage.endpoint, recorded);
    seen(`without: ${tally(answers).join()}, ${effects - before} effects, ${leaked(answers)} answers leaked`);
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(100).fill(200));
    expect(effects).toBeGreaterThan(before);
  });

  test('are reported and served in mode permissive', async () => {
    const stage = await open({ mode: 'permissive' });
    const [first] = await record(stage);
    const findings: unknown[] = [];
    stage.app.get(ReaEvents).on('security-rejected', (finding) => findings.push(finding));
    const [answer] = await replay(stage.endpoint, [first!]);
    expect(answer?.status).toBe(200);
    expect(findings).toMatchObject([{ reason: 'replayed', refused: false, status: 409 }]);
  });

  test('are refused by another replica that shares the store', async () => {
    const ids = new Map<string, Date>();
    const store: ReplayStore = {
      async remember(id, until) {
        if (ids.has(id)) return false;
        ids.set(id, until);
        return true;
      },
    };
    const [first, second] = [await open({ replayProtection: { store } }), await open({ replayProtection: { store } })];
    const recorded = await record(first);
    const before = effects;
    // The path on the other replica differs only in the namespace, so it is the first's endpoint that is asked for.
    expect((await replay(first.endpoint, recorded)).map(({ status }) => status)).toEqual(Array<number>(100).fill(409));
    expect(effects).toBe(before);
    expect(ids.size).toBe(100);
    expect([...ids.keys()].every((id) => /^[\w-]{43}$/.test(id))).toBe(true);
    expect(Math.min(...[...ids.values()].map(Number))).toBeGreaterThan(Date.now() + 60_000);
    expect(second.app.get(EndpointSecurity).counts()).toEqual({});
  });
});

test('a store that fails lets nothing through, and the invocation goes on when it works again', async () => {
  let broken = true;
  const store: ReplayStore = {
    remember() {
      if (broken) throw new Error('The store is down.');
      return true;
    },
  };
  const { app } = await open({ replayProtection: { store } });
  const paid = app.ingress.service(Bank).call.pay(1, { idempotencyKey: 'k' });
  await expect.poll(() => app.get(EndpointSecurity).counts()['replay-store-failed']).toBeGreaterThan(0);
  expect(effects).toBe(0);
  broken = false;
  await expect(paid).resolves.toContain('receipt');
  expect(effects).toBe(1);
});

test('what is not stopped: another message under a captured token', async () => {
  const stage = await open();
  const captured = (await record(stage)).filter(({ headers }) => headers[':path']?.endsWith('/deposit'));
  const before = effects;
  for (const one of captured) {
    const forged = Buffer.from(bodyOf(one));
    forged[HEADER + START_ID]! ^= 1;
    expect((await request(stage.endpoint, one.headers, forged)).status).toBe(200);
  }
  seen(`another message under a captured token: ${captured.length} sent, ${effects - before} effects`);
  expect(effects).toBe(before + captured.length);
});

/** Where the invocation's id begins in a first message: behind the frame's header, a tag and a length. */
const HEADER = 8;
const START_ID = 10;

test('a captured token does not open another object', async () => {
  const stage = await open();
  const deposits = (await record(stage)).filter(({ headers }) => headers[':path']?.endsWith('/deposit'));
  const [mine] = deposits;
  const other = deposits.find(
    ({ headers }) => headers['x-restate-service-key'] !== mine!.headers['x-restate-service-key'],
  );
  const token = mine!.headers['x-restate-jwt-v1'];
  const answer = await request(stage.endpoint, { ...other!.headers, 'x-restate-jwt-v1': token }, bodyOf(other!));
  expect(answer.status).toBe(401);
  expect(stage.app.get(EndpointSecurity).counts()).toEqual({ 'wrong-subject': 1 });
});
