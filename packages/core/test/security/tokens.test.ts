import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import { EndpointSecurity, Handler, ReaEvents, type SecurityFinding, type SecurityReason, Service } from '@rea/core';
import { createIdentityKey, type IdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { freePort } from './support/free-port.js';
import { type Answer, request } from './support/h2-request.js';
import { bodyOf, RecordingProxy, type RecordedRequest } from './support/recording-proxy.js';
import { partsOf, signToken, type TokenParts, unsignedToken } from './support/token.js';

@Service()
class Vault {
  static opened = 0;

  @Handler()
  async open(_ctx: Context, who: string): Promise<string> {
    Vault.opened += 1;
    return `opened for ${who}`;
  }

  @Handler()
  async health(_ctx: Context): Promise<string> {
    Vault.opened += 1;
    return 'fine';
  }
}

let key: IdentityKey;
let stranger: IdentityKey;
let server: RestateServer;
let proxy: RecordingProxy;
let app: ReaTestApp;
let endpoint: string;
let honest: RecordedRequest;
const findings: SecurityFinding[] = [];

beforeAll(async () => {
  [key, stranger] = await Promise.all([createIdentityKey(), createIdentityKey()]);
  server = await RestateServer.start({ identityKey: key });
  const port = await freePort();
  endpoint = `http://127.0.0.1:${port}`;
  proxy = await RecordingProxy.start(endpoint);
  app = await createTestApp({
    providers: [Vault],
    server,
    rea: { endpoint: { port, advertisedUrl: proxy.url, security: { identityKeys: [key.publicKey] } } },
  });
  app.get(ReaEvents).on('security-rejected', (finding) => findings.push(finding));
  await app.ingress.service(Vault).call.open('the server', { idempotencyKey: false });
  honest = proxy.of('/open')[0]!;
});
afterAll(async () => {
  await app?.close();
  proxy?.close();
  await server?.stop();
});
beforeEach(() => {
  findings.length = 0;
  Vault.opened = 0;
});

/** The honest message, with headers of a forger. */
function forge(headers: IncomingHttpHeaders): Promise<Answer> {
  return request(endpoint, { ...honest.headers, ...headers }, bodyOf(honest));
}

const now = () => Math.floor(Date.now() / 1_000);
const fresh = (): TokenParts => {
  const { header, payload } = partsOf(String(honest.headers['x-restate-jwt-v1']));
  return { header, payload: { ...payload, iat: now(), nbf: now() - 60, exp: now() + 50 } };
};
const withPayload = (change: object): TokenParts => ({ ...fresh(), payload: { ...fresh().payload, ...change } });
const without = (claim: string): TokenParts => {
  const { [claim]: _left, ...payload } = fresh().payload;
  return { ...fresh(), payload };
};
const sent = (parts: TokenParts, by = key) => ({ 'x-restate-jwt-v1': signToken(parts, by) });

const forgeries: readonly [name: string, headers: () => IncomingHttpHeaders, reason: SecurityReason][] = [
  ['no headers at all', () => ({ 'x-restate-jwt-v1': undefined, 'x-restate-signature-scheme': undefined }), 'unsigned'],
  ['no token', () => ({ 'x-restate-jwt-v1': undefined }), 'unsigned'],
  ['no scheme', () => ({ ...sent(fresh()), 'x-restate-signature-scheme': undefined }), 'unsigned'],
  ['scheme "unsigned"', () => ({ ...sent(fresh()), 'x-restate-signature-scheme': 'unsigned' }), 'unknown-scheme'],
  ['scheme "v2"', () => ({ ...sent(fresh()), 'x-restate-signature-scheme': 'v2' }), 'unknown-scheme'],
  ['expired', () => sent(withPayload({ exp: now() - 1 })), 'expired'],
  ['expired this second', () => sent(withPayload({ exp: now() })), 'expired'],
  ['not valid yet', () => sent(withPayload({ nbf: now() + 30, exp: now() + 90 })), 'not-yet-valid'],
  ['for another handler', () => sent(withPayload({ aud: '/invoke/Vault/close' })), 'wrong-audience'],
  ['for the discovery', () => sent(withPayload({ aud: '/discover' })), 'wrong-audience'],
  ['for several handlers', () => sent(withPayload({ aud: [fresh().payload['aud'], '/x'] })), 'malformed-token'],
  ['for an object key', () => sent(withPayload({ sub: 'k1' })), 'wrong-subject'],
  ['no expiry', () => sent(without('exp')), 'malformed-token'],
  ['no audience', () => sent(without('aud')), 'malformed-token'],
  ['no nbf', () => sent(without('nbf')), 'malformed-token'],
  ['no iat', () => sent(without('iat')), 'malformed-token'],
  ['expiry as text', () => sent(withPayload({ exp: String(now() + 50) })), 'malformed-token'],
  ["a stranger's key", () => sent(fresh(), stranger), 'bad-signature'],
  [
    "a stranger's key that names ours",
    () => sent({ ...fresh(), header: { ...fresh().header, kid: key.publicKey } }, stranger),
    'bad-signature',
  ],
  [
    'a key of its own inside',
    () => sent({ ...fresh(), header: { ...fresh().header, jwk: { kty: 'OKP', crv: 'Ed25519', x: 'A' } } }, stranger),
    'bad-signature',
  ],
  [
    'algorithm none',
    () => ({ 'x-restate-jwt-v1': `${unsignedToken({ ...fresh(), header: { typ: 'JWT', alg: 'none' } })}.` }),
    'malformed-token',
  ],
  [
    'algorithm none, with a signature',
    () => sent({ ...fresh(), header: { typ: 'JWT', alg: 'none' } }),
    'malformed-token',
  ],
  [
    'an HMAC with the public key',
    () => {
      const content = unsignedToken({ ...fresh(), header: { typ: 'JWT', alg: 'HS256' } });
      const mac = createHmac('sha256', key.publicKey).update(content).digest('base64url');
      return { 'x-restate-jwt-v1': `${content}.${mac}` };
    },
    'malformed-token',
  ],
  [
    'a changed payload under an honest signature',
    () => {
      const [header, , signature] = signToken(fresh(), key).split('.');
      const payload = unsignedToken(withPayload({ exp: now() + 3_600 })).split('.')[1];
      return { 'x-restate-jwt-v1': `${header}.${payload}.${signature}` };
    },
    'bad-signature',
  ],
  ['truncated by a character', () => ({ 'x-restate-jwt-v1': signToken(fresh(), key).slice(0, -3) }), 'bad-signature'],
  ['truncated to two parts', () => ({ 'x-restate-jwt-v1': unsignedToken(fresh()) }), 'malformed-token'],
  ['empty', () => ({ 'x-restate-jwt-v1': '' }), 'malformed-token'],
  ['noise', () => ({ 'x-restate-jwt-v1': 'a.b.c' }), 'malformed-token'],
  ['64 KiB of noise', () => ({ 'x-restate-jwt-v1': 'a'.repeat(60_000) }), 'malformed-token'],
];

describe('An identity token', () => {
  test('of the server passes, and the handler runs', async () => {
    const { ingress } = app;
    await expect(ingress.service(Vault).call.open('Ada', { idempotencyKey: false })).resolves.toBe('opened for Ada');
    expect(Vault.opened).toBe(1);
    expect(findings).toEqual([]);
  });

  test.each(forgeries)('%s is refused, and nothing runs', async (name, headers, reason) => {
    const { status, body } = await forge(headers());
    seen(`${name.padEnd(44)} ${status} ${reason}`);
    expect({ status, body: JSON.parse(body.toString()) }).toEqual({
      status: 401,
      body: { message: `REA6020: ${reason}` },
    });
    expect(Vault.opened).toBe(0);
    expect(findings).toEqual([
      { reason, refused: true, status: 401, address: '127.0.0.1', path: honest.headers[':path'] },
    ]);
  });

  test('is needed for the discovery, and for a handler called "health"', async () => {
    const bare = { ':method': 'GET', accept: 'application/vnd.restate.endpointmanifest.v4+json' };
    expect((await request(endpoint, { ...bare, ':path': '/discover' })).status).toBe(401);
    expect((await request(endpoint, { ...bare, ':path': '/invoke/Vault/health' })).status).toBe(401);
    expect((await request(endpoint, { ...bare, ':path': '/health/../discover' })).status).toBe(401);
    expect((await request(endpoint, { ...bare, ':path': '/serdes/Vault/encode/health' })).status).toBe(401);
    expect(Vault.opened).toBe(0);
  });

  test('is not needed for the health check', async () => {
    expect((await request(endpoint, { ':method': 'GET', ':path': '/health' })).status).toBe(200);
  });

  test('is counted by reason when it is refused', async () => {
    const before = app.get(EndpointSecurity).counts().expired ?? 0;
    await forge(sent(withPayload({ exp: now() - 1 })));
    await forge(sent(withPayload({ exp: now() - 1 })));
    expect(app.get(EndpointSecurity).counts().expired).toBe(before + 2);
  });
});
