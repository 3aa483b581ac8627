import { once } from 'node:events';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { isUnsendable } from '../src/ingress-errors.js';

test('A header that HTTP/2 refuses is no outage', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(session, 'remoteSettings');
  const send = () => session.request({ 'keep-alive': 'timeout=5' });
  expect(send).toThrow(expect.toSatisfy(isUnsendable, 'is unsendable'));
  session.destroy();
  server.close();
});
