import { createHmac, randomUUID } from 'node:crypto';
import { Body, Controller, Injectable, Logger, Module, Post, Res } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { Handler, ReaEvents, ReaModule, run, Service } from '@rea/core';
import {
  github,
  IngressModule,
  InjectIngress,
  type IngressServiceClient,
  SignedWebhook,
  standardWebhooks,
  stripe,
  type VerifiedDelivery,
  WebhookDelivery,
  WebhooksModule,
} from '@rea/ingress';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebhookDeliveries } from '../../src/webhooks/webhook-deliveries.object.js';

@Injectable()
class Secrets {
  stripe = ['whsec_one'];
}

@Service()
class Ledger {
  static readonly booked: string[] = [];

  @Handler()
  async book(ctx: Context, event: string): Promise<void> {
    await run(ctx, 'book', () => void Ledger.booked.push(event));
  }
}

interface StripeEvent {
  readonly id: string;
  readonly order: string;
}

/** What the methods have been called with, and what they do. */
const seen: string[] = [];
let behave: (event: string) => Promise<unknown> = async () => 'received';

@Controller('webhooks')
class Webhooks {
  constructor(@InjectIngress(Ledger) private readonly ledger: IngressServiceClient<Ledger>) {}

  @Post('stripe')
  @SignedWebhook({ scheme: stripe(), secrets: (app) => app.get(Secrets, { strict: false }).stripe })
  async paid(@Body() event: StripeEvent, @WebhookDelivery() delivery: VerifiedDelivery): Promise<unknown> {
    seen.push(event.order);
    const answer = await behave(event.order);
    await this.ledger.send.book(event.order, { idempotencyKey: delivery.idempotencyKey });
    return answer;
  }

  @Post('github')
  @SignedWebhook({ scheme: github(), secrets: ['hush'] })
  pushed(@Body() _push: unknown, @WebhookDelivery() { id, signedAt }: VerifiedDelivery): object {
    seen.push(String(id));
    return { id, signedAt: signedAt ?? null };
  }

  @Post('standard')
  @SignedWebhook({ scheme: standardWebhooks(), secrets: ['whsec_aHVzaA=='], singleUse: { lease: 300 } })
  async standard(@WebhookDelivery() { id, signedAt }: VerifiedDelivery): Promise<object> {
    seen.push(String(id));
    await behave(String(id));
    return { signed: signedAt instanceof Date };
  }

  @Post('twice')
  @SignedWebhook({ scheme: stripe(), secrets: ['whsec_one'], singleUse: false })
  twice(@Body() event: StripeEvent): void {
    seen.push(event.order);
  }

  @Post('unset')
  @SignedWebhook({ scheme: stripe(), secrets: () => [''], singleUse: false })
  unset(): void {
    seen.push('unset');
  }

  @Post('passthrough')
  @SignedWebhook({ scheme: stripe(), secrets: ['whsec_one'] })
  passthrough(
    @Body() event: StripeEvent,
    @Res({ passthrough: true }) response: { status(code: number): unknown },
  ): void {
    response.status(202);
    seen.push(event.order);
  }
}

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  behave = async () => 'received';
  vi.restoreAllMocks();
});

async function start(
  options: Partial<TestAppOptions> = {},
): Promise<{ readonly app: ReaTestApp; readonly url: string }> {
  const app = await createTestApp({
    imports: [WebhooksModule],
    controllers: [Webhooks],
    providers: [Ledger, Secrets],
    nest: { rawBody: true },
    ...options,
    // As in production: none of Rea's own calls may fire a guardrail.
    rea: { policy: 'strict', ...options.rea },
  });
  await app.app.listen(0, '127.0.0.1');
  return { app, url: `${await app.app.getUrl()}/webhooks` };
}

/** As {@link start}, until the test ends. */
async function startForTest(options: Partial<TestAppOptions> = {}): ReturnType<typeof start> {
  const started = await start(options);
  open.push(started.app);
  return started;
}

function payment(order: string, id = `evt_${randomUUID()}`): string {
  return JSON.stringify({ id, order });
}

const stripeHeader = (body: string, { secret = 'whsec_one', at = Date.now() } = {}) => {
  const time = Math.floor(at / 1_000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
};

async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: answer.status, body: await answer.text() };
}

const deliver = (url: string, body: string, options = {}) =>
  post(`${url}/stripe`, body, { 'stripe-signature': stripeHeader(body, options) });

const timesSeen = (what: string) => seen.filter((one) => one === what).length;

describe.each(['Express', 'Fastify'])('On %s', (platform) => {
  let app: ReaTestApp;
  let url: string;
  beforeAll(async () => {
    ({ app, url } = await start(platform === 'Fastify' ? { httpAdapter: new FastifyAdapter() } : {}));
  });
  afterAll(() => app?.close());

  test('a signed delivery is handled once, however often it comes', async () => {
    const order = randomUUID();
    const body = payment(order);
    expect(await deliver(url, body)).toEqual({ status: 201, body: 'received' });
    // The provider signs each try anew.
    for (const at of [Date.now(), Date.now() - 10_000]) {
      expect(await deliver(url, body, { at })).toEqual({ status: 201, body: '{"repeated":true}' });
    }
    expect(timesSeen(order)).toBe(1);
    await expect.poll(() => Ledger.booked.filter((one) => one === order)).toHaveLength(1);
  });

  test('what is not signed rightly is refused alike, and told as events', async () => {
    const reasons: string[] = [];
    const unlisten = app
      .get(ReaEvents)
      .on('webhook-rejected', ({ scheme, reason }) => reasons.push(`${scheme} ${reason}`));
    const order = randomUUID();
    const body = payment(order);
    const refusals = [
      await post(`${url}/stripe`, body, {}),
      await deliver(url, body, { secret: 'whsec_two' }),
      await deliver(url, body, { at: Date.now() - 6 * 60_000 }),
      await post(`${url}/stripe`, `${body} `, { 'stripe-signature': stripeHeader(body) }),
    ];
    unlisten();
    for (const { status, body: text } of refusals) {
      expect({ status, ...JSON.parse(text) }).toEqual({
        status: 401,
        statusCode: 401,
        code: 'REA4011',
        message: 'REA4011: The delivery is not signed by the provider, or not recently.',
      });
    }
    expect(reasons).toEqual(
      ['unsigned', 'bad-signature', 'stale', 'bad-signature'].map((reason) => `stripe ${reason}`),
    );
    // Fastify's own parser refuses this one with 400.
    const empty = await post(`${url}/stripe`, '', { 'stripe-signature': stripeHeader(body) });
    expect(empty.status).toBe(platform === 'Fastify' ? 400 : 401);
    expect(timesSeen(order)).toBe(0);
  });

  test('the bytes count, not what they are parsed to', async () => {
    const order = randomUUID();
    const body = `{ "order":"${order}",\n "id" : "${randomUUID()}", "name":"Zoë" }`;
    expect((await deliver(url, body)).status).toBe(201);
    expect(timesSeen(order)).toBe(1);
  });

  test('secrets rotate without a restart', async () => {
    const secrets = app.get(Secrets);
    secrets.stripe = ['whsec_one', 'whsec_two'];
    expect((await deliver(url, payment('x'))).status).toBe(201);
    expect((await deliver(url, payment('x'), { secret: 'whsec_two' })).status).toBe(201);
    secrets.stripe = ['whsec_two'];
    expect((await deliver(url, payment('x'))).status).toBe(401);
    secrets.stripe = ['whsec_one'];
  });

  test('GitHub and Standard Webhooks tell their ids', async () => {
    const body = '{"zen":"Keep it logically awesome."}';
    const id = randomUUID();
    const headers = {
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', 'hush').update(body).digest('hex')}`,
    };
    expect(JSON.parse((await post(`${url}/github`, body, headers)).body)).toEqual({ id, signedAt: null });
    expect(JSON.parse((await post(`${url}/github`, body, headers)).body)).toEqual({ repeated: true });
    expect(timesSeen(id)).toBe(1);
    const message = standard(id, body);
    // Another method: the same id is another delivery.
    expect(JSON.parse((await post(`${url}/standard`, body, message)).body)).toEqual({ signed: true });
    expect(timesSeen(id)).toBe(2);
  });

  test('a delivery without an id is a 400, unless it may be handled twice', async () => {
    const body = JSON.stringify({ order: 'no id' });
    expect((await deliver(url, body)).status).toBe(400);
    expect((await post(`${url}/twice`, body, { 'stripe-signature': stripeHeader(body) })).status).toBe(201);
  });

  test('a method may set the status through the platform', async () => {
    const body = payment('passthrough');
    const headers = { 'stripe-signature': stripeHeader(body) };
    expect(await post(`${url}/passthrough`, body, headers)).toEqual({ status: 202, body: '' });
    expect(await post(`${url}/passthrough`, body, headers)).toEqual({ status: 201, body: '{"repeated":true}' });
  });

  test("a body that no parser takes is the sender's mistake", async () => {
    const { status } = await post(`${url}/stripe`, 'text', { 'content-type': 'text/weird' });
    expect(status).toBe(415);
  });

  test('an empty secret verifies nothing', async () => {
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const body = payment('unset');
    const answer = await post(`${url}/unset`, body, { 'stripe-signature': stripeHeader(body, { secret: '' }) });
    expect(answer).toEqual({ status: 500, body: '{"statusCode":500,"message":"Internal server error"}' });
    expect(String(log.mock.calls.flat())).toMatch(/REA4014: The webhook Webhooks.unset has a secret \(number 1\)/);
    expect(timesSeen('unset')).toBe(0);
  });
});

function standard(id: string, body: string): Record<string, string> {
  const time = Math.floor(Date.now() / 1_000);
  const mac = createHmac('sha256', 'hush').update(`${id}.${time}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${mac}` };
}

describe('A delivery', () => {
  test('whose method fails may come again', async () => {
    const { url } = await startForTest();
    vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const order = randomUUID();
    const body = payment(order);
    behave = async () => {
      throw new Error('The database is down.');
    };
    expect((await deliver(url, body)).status).toBe(500);
    expect((await deliver(url, body)).status).toBe(500);
    behave = async () => 'received';
    expect((await deliver(url, body)).status).toBe(201);
    expect((await deliver(url, body)).body).toBe('{"repeated":true}');
    expect(timesSeen(order)).toBe(3);
  });

  test('that comes while it is handled, on any replica, is a 409', async () => {
    const first = await startForTest();
    const second = await startForTest({ rea: { namespace: first.app.namespace } });
    const order = randomUUID();
    const body = payment(order);
    const held = Promise.withResolvers<string>();
    behave = () => held.promise;
    const handled = deliver(first.url, body);
    await expect.poll(() => timesSeen(order)).toBe(1);
    const busy = await Promise.all([first, second, second].map(({ url }) => deliver(url, body)));
    for (const { status, body: text } of busy) {
      expect({ status, code: JSON.parse(text).code }).toEqual({ status: 409, code: 'REA4012' });
    }
    held.resolve('received');
    expect((await handled).status).toBe(201);
    expect((await deliver(second.url, body)).body).toBe('{"repeated":true}');
    expect(timesSeen(order)).toBe(1);
  });

  test('of twenty at once on two replicas is handled once', async () => {
    const first = await startForTest();
    const second = await startForTest({ rea: { namespace: first.app.namespace } });
    const order = randomUUID();
    const body = payment(order);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => deliver(index % 2 ? first.url : second.url, body)),
    );
    expect(answers.filter(({ body: text }) => text === 'received')).toHaveLength(1);
    expect(timesSeen(order)).toBe(1);
  });

  test('whose process never came back is handled again after the lease', async () => {
    const { url } = await startForTest();
    const id = randomUUID();
    const body = '{}';
    behave = () => new Promise(() => {});
    const abandoned = new AbortController();
    const lost = fetch(`${url}/standard`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...standard(id, body) },
      body,
      signal: abandoned.signal,
    }).catch(() => 'gone');
    await expect.poll(() => timesSeen(id)).toBe(1);
    abandoned.abort();
    await lost;
    behave = async () => 'received';
    await expect.poll(async () => (await post(`${url}/standard`, body, standard(id, body))).status).toBe(201);
    expect(timesSeen(id)).toBe(2);
    expect((await post(`${url}/standard`, body, standard(id, body))).body).toBe('{"repeated":true}');
  });

  test('is remembered when the server is killed and the application restarts', async () => {
    await using server = await RestateServer.start();
    const namespace = `w${process.pid}`;
    const order = randomUUID();
    const body = payment(order);
    const first = await start({ server, rea: { namespace } });
    expect((await deliver(first.url, body)).status).toBe(201);
    await server.kill();
    await server.restart();
    expect((await deliver(first.url, body)).body).toBe('{"repeated":true}');
    await first.app.close();
    const second = await start({ server, rea: { namespace } });
    expect((await deliver(second.url, body)).body).toBe('{"repeated":true}');
    expect(timesSeen(order)).toBe(1);
    await second.app.close();
  });

  test('is forgotten after its retention', async () => {
    const { app, url } = await startForTest();
    const order = randomUUID();
    const body = payment(order);
    await deliver(url, body);
    const [scheduled] = await app.query<{ key: string; status: string }>(
      `select target_service_key as key, status from sys_invocation
       where target_service_name = '${app.serverName('rea.WebhookDeliveries')}' and target_handler_name = 'forget'`,
    );
    expect(scheduled?.status).toBe('scheduled');
    await app.ingress.object(WebhookDeliveries).of(scheduled!.key).call.forget(undefined, { idempotencyKey: false });
    expect((await deliver(url, body)).body).toBe('received');
    expect(timesSeen(order)).toBe(2);
  });
});

test('The memory of deliveries refuses what is none of its requests, in one attempt', async () => {
  const { app } = await startForTest();
  const { ingressUrl } = JSON.parse(process.env['REA_TEST_SERVER']!) as { ingressUrl: string };
  for (const handler of ['claim', 'settle']) {
    for (const body of ['{}', 'null', '[[]]', '{"lease":"x","retention":-1}', '{"claim":1,"done":true}']) {
      const response = await fetch(`${ingressUrl}/${app.serverName('rea.WebhookDeliveries')}/x/${handler}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(5_000),
      });
      expect([handler, body, response.status]).toEqual([handler, body, 400]);
    }
  }
});

describe('A mistake in the set-up', () => {
  test('no raw body: the log says what to do', async () => {
    const { url } = await startForTest({ nest: {} });
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    expect((await deliver(url, payment('x'))).status).toBe(500);
    expect(String(log.mock.calls.flat())).toMatch(/REA4010: .*rawBody: true/);
  });

  test('no WebhooksModule: it does not start', async () => {
    @Module({ controllers: [Webhooks], providers: [Secrets] })
    class Forgetful {}
    const server = { ingressUrl: 'http://127.0.0.1:1' };
    const module = Test.createTestingModule({
      imports: [ReaModule.forRoot({ server, endpoint: false }), IngressModule.forRoot(), Forgetful],
    });
    await expect(module.compile()).rejects.toMatchObject({ code: 'REA1051' });
  });
});
