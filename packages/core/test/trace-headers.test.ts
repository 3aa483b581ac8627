import { Handler, InjectClient, ReaEvents, Service, type ServiceClient } from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './support/eventually.js';

type Headers = Record<string, string>;

const NAMES = ['traceparent', 'tracestate', 'baggage'];

@Service()
class Callee {
  @Handler()
  async headers(ctx: Context): Promise<Headers> {
    return Object.fromEntries([...ctx.request().headers].filter(([name]) => NAMES.includes(name)));
  }
}

@Service()
class Caller {
  constructor(@InjectClient(Callee) private readonly callee: ServiceClient<Callee>) {}

  @Handler({ inactivityTimeout: 0 })
  async calls(ctx: Context): Promise<Headers[]> {
    const first = await this.callee.call.headers(undefined);
    await ctx.sleep(1);
    const own = { headers: { traceparent: TRACEPARENT.replace('01', '00') } };
    return [first, await this.callee.call.headers(undefined), await this.callee.call.headers(undefined, own)];
  }
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`;

const outcomes: string[] = [];
let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Caller, Callee] });
  app.get<ReaEvents>(ReaEvents).on('attempt-ended', ({ outcome }) => outcomes.push(outcome));
});
afterAll(() => app?.close());

function calls(headers: Headers): Promise<Headers[]> {
  return app.ingress.service(Caller).call.calls(undefined, { headers, idempotencyKey: false });
}

test('calls hand on the trace of the caller, each with a parent of its own, also where nothing traces', async () => {
  const [first, second] = await calls({ traceparent: TRACEPARENT, tracestate: 'vendor=1', baggage: 'tenant=7' });
  expect(first).toEqual({
    traceparent: expect.stringMatching(new RegExp(`^00-${TRACE}-[\\da-f]{16}-01$`)),
    tracestate: 'vendor=1',
    baggage: 'tenant=7',
  });
  expect(second!['traceparent']).not.toBe(first!['traceparent']);
  expect(first!['traceparent']).not.toBe(TRACEPARENT);
});

test('they depend on nothing but the input and the order of calls, so that every attempt sends the same', async () => {
  expect(await calls({ traceparent: TRACEPARENT })).toEqual(await calls({ traceparent: TRACEPARENT }));
});

test('headers of the call itself win', async () => {
  const [, , own] = await calls({ traceparent: TRACEPARENT });
  expect(own).toEqual({ traceparent: TRACEPARENT.replace('01', '00') });
});

test('a copy that is restarted from the journal sends the same, under another invocation id', async () => {
  const sent = await app.ingress
    .service(Caller)
    .send.calls(undefined, { headers: { traceparent: TRACEPARENT }, idempotencyKey: `${app.namespace}-restarted` });
  expect(await sent.result()).toHaveLength(3);
  const journal = await app.journal(sent.invocationId);
  const { index } = journal.findLast(({ entry_type }) => entry_type === 'Command: Output')!;
  const { adminUrl } = await sharedServer();
  const copy = await new AdminClient(adminUrl).restartFrom(sent.invocationId, index - 1);
  expect(copy).not.toBe(sent.invocationId);
  await eventually(async () => {
    const [row] = (await app.invocations('Caller')).filter(({ id }) => id === copy);
    expect(row).toMatchObject({ completion_result: 'success' });
  });
  // With a header that differs it would have failed, and been tried again and again.
  expect(outcomes).not.toContain('retrying');
});

test.for([
  ['no trace', {}],
  ['what is no trace', { traceparent: 'nonsense' }],
] as const)('a caller with %s hands on nothing', async ([, headers]) => {
  expect((await calls(headers)).slice(0, 2)).toEqual([{}, {}]);
});
