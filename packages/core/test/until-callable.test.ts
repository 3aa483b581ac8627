import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { untilCallable } from '@rea/core/internal';
import { sharedServer } from '@rea/testing';
import { afterEach, expect, test } from 'vitest';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

/** An ingress that answers as told, since the real one lags too seldom. */
async function ingress(
  answer: RequestListener,
): Promise<{ readonly ingressUrl: string; readonly headers: Record<string, string> }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { ingressUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: {} };
}

const message = (text: string) => JSON.stringify({ code: 404, message: text });

test('an ingress that does not know the component yet is asked again', async () => {
  const asked: (string | undefined)[] = [];
  const connection = await ingress((request, response) => {
    asked.push(request.url);
    const text = asked.length < 3 ? `service 'a.Greeter' not found, make sure to register it` : `handler '_' not found`;
    response.writeHead(404).end(message(text));
  });
  await untilCallable(connection, [{ name: 'a.Greeter' }]);
  expect(asked).toEqual(['/a.Greeter/_', '/a.Greeter/_', '/a.Greeter/_']);
});

test('whatever else an ingress answers ends the wait', async () => {
  let count = 0;
  const connection = await ingress((_, response) => {
    count += 1;
    response.writeHead(401).end('who are you?');
  });
  await untilCallable(connection, [{ name: 'Greeter' }]);
  expect(count).toBe(1);
});

test('an ingress that is not there is not waited for', async () => {
  expect(await untilCallable({ ingressUrl: 'http://127.0.0.1:1', headers: {} }, [{ name: 'Greeter' }])).toEqual([]);
});

test('a component that the ingress never knows is waited for as long as told, and named', async () => {
  const { ingressUrl } = await sharedServer();
  const began = performance.now();
  expect(await untilCallable({ ingressUrl, headers: {} }, [{ name: 'never.Registered' }], 300)).toEqual([
    'never.Registered',
  ]);
  expect(performance.now() - began).toBeGreaterThanOrEqual(290);
});
