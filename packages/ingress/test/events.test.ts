import { type Context, iface, TerminalError } from '@restatedev/restate-sdk';
import { Handler, ReaEvents, type ReaEventMap, Service } from '@rea/core';
import { type IngressException, IngressTimeoutException, UnreadableAnswerException } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FakeIngress, json } from './support/fake-ingress.js';

@Service()
class Shelf {
  @Handler()
  async find(_ctx: Context, id: string): Promise<string> {
    throw new TerminalError(`no book ${id}`, { errorCode: 404 });
  }
}

const remote = iface.service('Shelf', { find: iface.json<string, string>() });

let app: ReaTestApp;
let page: FakeIngress;
let silent: FakeIngress;
const told: ReaEventMap['ingress-called'][] = [];
beforeAll(async () => {
  page = await FakeIngress.start((response) => response.end('<html>welcome</html>'));
  silent = await FakeIngress.start(
    (response) => void setTimeout(() => json(404, { message: 'gone', source: 'invocation' })(response), 500),
    () => {},
  );
  const connections = { page: { url: page.url }, silent: { url: silent.url } };
  app = await createTestApp({ providers: [Shelf], ingress: { connections } });
  app.get(ReaEvents).on('ingress-called', (event) => told.push(event));
});
beforeEach(() => void told.splice(0));
afterAll(async () => {
  await app?.close();
  await page[Symbol.asyncDispose]();
  await silent[Symbol.asyncDispose]();
});

const failureOf = (promised: Promise<unknown>) =>
  promised.then(
    (value) => ({ value }),
    (error: unknown) => error as IngressException,
  );

test('A message whose answer is no JSON is a 502 also where its event is listened to', async () => {
  const error = await failureOf(app.ingress.connection('page').service(remote).send.find('7', { idempotencyKey: 'k' }));
  expect(error).toBeInstanceOf(UnreadableAnswerException);
  expect(told).toMatchObject([{ verb: 'send', outcome: 'answered' }]);
});

describe('Waiting for a result is one event', () => {
  test('with what is unknown: refused', async () => {
    const error = await failureOf(app.ingress.service(Shelf).attach.find('never'));
    expect(error).toMatchObject({ status: 404, source: 'ingress' });
    expect(told).toMatchObject([{ service: 'Shelf', handler: 'find', verb: 'attach', outcome: 'refused' }]);
  });

  test("with a handler's own 404: failed", async () => {
    const { invocationId } = await app.ingress.service(Shelf).send.find('7', { idempotencyKey: 'mine' });
    expect(invocationId).toMatch(/^inv_/);
    told.splice(0);
    const error = await failureOf(app.ingress.service(Shelf).attach.find('mine'));
    expect(error).toMatchObject({ status: 404, source: 'invocation', message: 'no book 7' });
    expect(told).toMatchObject([{ verb: 'attach', outcome: 'failed' }]);
  });

  test('and one timeout, whatever it takes to learn the truth', async () => {
    const began = performance.now();
    const error = await failureOf(app.ingress.connection('silent').service(remote).attach.find('k', { timeout: 700 }));
    expect(error).toBeInstanceOf(IngressTimeoutException);
    expect(silent.seen).toHaveLength(2);
    expect(performance.now() - began).toBeLessThan(1_150);
    expect(told).toMatchObject([{ verb: 'attach', outcome: 'timeout' }]);
  });
});
