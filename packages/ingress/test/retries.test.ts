import { Test } from '@nestjs/testing';
import {
  Ingress,
  IngressModule,
  IngressRefusedException,
  type IngressRetryOptions,
  IngressTimeoutException,
  IngressUnavailableException,
  InvocationFailedException,
  UnreadableAnswerException,
  UnsendableHeaderException,
} from '@rea/ingress';
import { iface } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { drop, FakeIngress, json } from './support/fake-ingress.js';

const shop = iface.service('Shop', { buy: iface.json<string, string>() });
const box = iface.object('Box', { look: iface.shared.json<void, string>(), put: iface.json<string, string>() });
const flow = iface.workflow('Flow', { run: iface.json<string, string>(), tell: iface.json<string>() });

const fast: IngressRetryOptions = { initialInterval: 1, maxAttempts: 3 };

/** Sends through an ingress that answers as told. */
async function against(
  fake: FakeIngress,
  use: (ingress: Ingress) => Promise<unknown>,
  retry: IngressRetryOptions | boolean = fast,
): Promise<unknown> {
  const module = await Test.createTestingModule({
    imports: [IngressModule.forRoot({ url: fake.url, adminUrl: fake.url, retry })],
  }).compile();
  try {
    return await use(module.get(Ingress)).catch((error: unknown) => error);
  } finally {
    await module.close();
  }
}

const buy = (ingress: Ingress) => ingress.service(shop).call.buy('tea', { idempotencyKey: 'k' });
const ok = json(200, 'done');
const accepted = json(202, { invocationId: 'inv_1', status: 'Accepted' });

describe('A request that may be repeated', () => {
  test.each<[string, (ingress: Ingress) => Promise<unknown>, typeof ok]>([
    ['a call with a key', buy, ok],
    ['a message with a key', (i) => i.service(shop).send.buy('tea', { idempotencyKey: 'k' }), accepted],
    ['a read', (i) => i.object(box).of('a').call.look(), ok],
    ['a submission', (i) => i.workflow(flow).of('a').submit('x'), accepted],
    ['a signal', (i) => i.workflow(flow).of('a').signal.tell('x'), json(200, '')],
    ['attach to a workflow', (i) => i.workflow(flow).of('a').attach(), ok],
    ['output of a workflow', (i) => i.workflow(flow).of('a').output(), ok],
    ['attach by key', (i) => i.service(shop).attach.buy('k'), ok],
    ['attach by id', (i) => i.invocation('inv_1').attach(), ok],
    ['a generic call with a key', (i) => i.generic('Shop').call('buy', 'tea', { idempotencyKey: 'k' }), ok],
    ['an awakeable', (i) => i.awakeable('sign_1').resolve('x'), ok],
    ['the rejection of an awakeable', (i) => i.awakeable('sign_1').reject('x'), ok],
  ])('is repeated with the same content: %s', async (_what, send, last) => {
    await using fake = await FakeIngress.start(drop, json(503, { message: 'not yet' }), last);
    expect(await against(fake, send)).not.toBeInstanceOf(Error);
    const [first, ...others] = fake.seen.map(({ method, url, body, headers }) => ({
      method,
      url,
      body,
      key: headers['idempotency-key'],
    }));
    expect(others).toEqual([first, first]);
  });

  test.each([429, 502, 503, 504])('is repeated after %i of the ingress or a proxy', async (status) => {
    await using fake = await FakeIngress.start(json(status, { message: 'later', source: 'ingress' }), ok);
    expect(await against(fake, buy)).toBe('done');
    expect(fake.seen).toHaveLength(2);
  });

  test.each([400, 404, 408, 409, 413, 422, 500])('is not repeated after %i', async (status) => {
    await using fake = await FakeIngress.start(json(status, { message: 'no', source: 'ingress' }), ok);
    expect(await against(fake, buy)).toBeInstanceOf(IngressRefusedException);
    expect(fake.seen).toHaveLength(1);
  });

  test.each([429, 500, 502, 503, 504])("is not repeated after a handler's own failure with %i", async (status) => {
    for (const failure of [
      json(status, { message: 'no', source: 'invocation' }),
      json(status, { message: 'no' }, { 'x-restate-error-source': 'invocation' }),
    ]) {
      await using fake = await FakeIngress.start(failure, ok);
      const error = await against(fake, buy);
      expect(error).toBeInstanceOf(InvocationFailedException);
      expect(error).toMatchObject({ status, source: 'invocation' });
      expect(fake.seen).toHaveLength(1);
    }
  });

  test('gives up after the attempts that the options allow, with the last answer', async () => {
    await using fake = await FakeIngress.start(json(503, { message: 'overloaded', source: 'ingress' }));
    expect(await against(fake, buy)).toMatchObject({ status: 503, message: 'overloaded', source: 'ingress' });
    expect(fake.seen).toHaveLength(3);
    await using broken = await FakeIngress.start(drop);
    expect(await against(broken, buy)).toBeInstanceOf(IngressUnavailableException);
    expect(broken.seen).toHaveLength(3);
  });

  test('is repeated by default as often as the options say that are not undefined', async () => {
    await using fake = await FakeIngress.start(drop);
    const retry = { initialInterval: 1, maxAttempts: undefined, maxInterval: undefined, maxDuration: undefined };
    expect(await against(fake, buy, retry as unknown as IngressRetryOptions)).toBeInstanceOf(
      IngressUnavailableException,
    );
    expect(fake.seen).toHaveLength(6);
  });

  test('is not repeated with retry: false, nor beyond maxDuration', async () => {
    await using fake = await FakeIngress.start(json(503, { message: 'no' }));
    await against(fake, buy, false);
    expect(fake.seen).toHaveLength(1);
    await against(fake, buy, { initialInterval: 5_000, maxInterval: 5_000, maxDuration: 1_000 });
    expect(fake.seen).toHaveLength(2);
  });

  test('waits as long as Retry-After says: seconds, or a date', async () => {
    await using seconds = await FakeIngress.start(json(429, { message: 'later' }, { 'retry-after': '1' }), ok);
    expect(await against(seconds, buy)).toBe('done');
    expect(seconds.seen[1]!.at - seconds.seen[0]!.at).toBeGreaterThan(950);
    await using past = await FakeIngress.start(json(503, {}, { 'retry-after': new Date(0).toUTCString() }), ok);
    expect(await against(past, buy, { initialInterval: 20_000, maxInterval: 20_000 })).toBe('done');
    await using long = await FakeIngress.start(json(503, { message: 'no' }, { 'retry-after': '3600' }), ok);
    expect(await against(long, buy)).toMatchObject({ status: 503 });
    expect(long.seen).toHaveLength(1);
  });

  test("waits no longer than the call's timeout", async () => {
    await using fake = await FakeIngress.start(json(503, { message: 'no' }));
    const error = await against(
      fake,
      (ingress) => ingress.service(shop).call.buy('tea', { idempotencyKey: 'k', timeout: 50 }),
      { initialInterval: 20_000, maxInterval: 20_000 },
    );
    expect(error).toBeInstanceOf(IngressTimeoutException);
    expect(fake.seen).toHaveLength(1);
  });
});

test.each<[string, (ingress: Ingress) => Promise<unknown>]>([
  ['a call without a key', (i) => i.service(shop).call.buy('tea', { idempotencyKey: false })],
  ['a message without a key', (i) => i.service(shop).send.buy('tea')],
  ['a generic call without a key', (i) => i.generic('Shop').call('look', undefined, { idempotencyKey: false })],
])('A request that may not be repeated is not: %s', async (_what, send) => {
  for (const failure of [drop, json(503, { message: 'no' }), json(429, { message: 'no' }, { 'retry-after': '0' })]) {
    await using fake = await FakeIngress.start(failure, accepted);
    expect(await against(fake, send)).toBeInstanceOf(Error);
    expect(fake.seen).toHaveLength(1);
  }
});

describe('An answer that is none of Restate', () => {
  test('tells the HTTP client nothing of what it says', async () => {
    await using fake = await FakeIngress.start((response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>nginx at lb-7.internal</h1>');
    });
    const error = (await against(fake, buy, false)) as IngressRefusedException;
    expect(error).toMatchObject({ status: 502, source: 'transport' });
    expect(JSON.stringify(error.getResponse())).not.toContain('internal');
    expect((error.cause as Error).message).toContain('lb-7.internal');
  });

  test('is a 502 when it cannot be read', async () => {
    await using fake = await FakeIngress.start((response) => response.end('<html>welcome</html>'));
    const error = await against(fake, buy);
    expect(error).toBeInstanceOf(UnreadableAnswerException);
    expect(error).toMatchObject({ status: 502, code: 'REA4007', source: 'transport' });
  });

  test('is a 502 of the admin API, too', async () => {
    await using fake = await FakeIngress.start((response) => response.end('<html>welcome</html>'));
    const error = await against(fake, (ingress) => ingress.invocation('inv_1').cancel());
    expect(error).toMatchObject({ status: 502, code: 'REA4007', source: 'transport' });
  });
});

describe('What cannot be sent', () => {
  test('in a header is a 400', async () => {
    await using fake = await FakeIngress.start(ok);
    const options = { idempotencyKey: 'k', headers: { 'x-name': 'a\r\nb: c' } };
    const error = await against(fake, (ingress) => ingress.service(shop).call.buy('tea', options));
    expect(error).toBeInstanceOf(UnsendableHeaderException);
    expect(error).toMatchObject({ status: 400, code: 'REA4006' });
    expect(fake.seen).toEqual([]);
  });

  test('in a body is a 500 that says why', async () => {
    await using fake = await FakeIngress.start(ok);
    const error = await against(fake, (ingress) => ingress.generic('Shop').call('buy', 1n, { idempotencyKey: 'k' }));
    expect(error).toMatchObject({ status: 500, code: 'REA7020', source: 'application' });
    expect(fake.seen).toEqual([]);
  });
});

test('Requests one after the other share a connection', async () => {
  const ports = new Set<number | undefined>();
  await using fake = await FakeIngress.start((response) => {
    ports.add(response.socket?.remotePort);
    ok(response);
  });
  await against(fake, async (ingress) => {
    for (let i = 0; i < 5; i += 1) await buy(ingress);
  });
  expect(ports.size).toBe(1);
});
