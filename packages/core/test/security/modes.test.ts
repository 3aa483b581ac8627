import { Logger } from '@nestjs/common';
import { EndpointSecurity, Handler, IdentityKeyMissingError, ReaEvents, ReaModule, Service } from '@rea/core';
import type { SecurityFinding, SecurityOptions } from '@rea/core';
import { IngressModule } from '@rea/ingress';
import { createIdentityKey, RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { Test } from '@nestjs/testing';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { freePort } from './support/free-port.js';
import { request } from './support/h2-request.js';

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}

const warnings: string[] = [];
const open: AsyncDisposable[] = [];
beforeEach(() => {
  warnings.length = 0;
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)));
});
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

interface Stage {
  readonly app: ReaTestApp;
  readonly endpoint: string;
  readonly findings: SecurityFinding[];
}

/** An endpoint that nobody but the test calls. */
async function start(security?: SecurityOptions): Promise<Stage> {
  const port = await freePort();
  const app = await createTestApp({
    providers: [Greeter],
    rea: { registration: false, endpoint: { port, ...(security ? { security } : {}) } },
  });
  open.push(app);
  const findings: SecurityFinding[] = [];
  app.get(ReaEvents).on('security-rejected', (finding) => findings.push(finding));
  return { app, endpoint: `http://127.0.0.1:${port}`, findings };
}

const discover = (endpoint: string, headers: Record<string, string> = {}) =>
  request(endpoint, {
    ':method': 'GET',
    ':path': '/discover',
    accept: 'application/vnd.restate.endpointmanifest.v4+json',
    ...headers,
  });

const { publicKey } = await createIdentityKey();
const keys = { identityKeys: [publicKey] };

describe('The mode', () => {
  test.each<[string, SecurityOptions | undefined, string]>([
    ['development', undefined, 'permissive'],
    ['development', keys, 'strict'],
    ['development', { ...keys, mode: 'permissive' }, 'permissive'],
    ['production', keys, 'strict'],
    ['production', { ...keys, mode: 'disabled' }, 'disabled'],
    ['production', { mode: 'permissive' }, 'permissive'],
  ])('in %s with %j is %s', async (environment, security, mode) => {
    vi.stubEnv('NODE_ENV', environment);
    const { app } = await start(security);
    expect(app.get(EndpointSecurity).mode).toBe(mode);
  });

  test.each<[string, SecurityOptions | undefined]>([
    ['production', undefined],
    ['development', { mode: 'strict' }],
    ['development', { mode: 'strict', identityKeys: [] }],
  ])('strict without a key does not start: in %s with %j', async (environment, security) => {
    vi.stubEnv('NODE_ENV', environment);
    const refused = await start(security).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(IdentityKeyMissingError);
    expect(refused).toMatchObject({ code: 'REA1050', message: expect.stringMatching(/identityKeys.*permissive/) });
  });

  test('strict refuses, counts, and does not flood the log', async () => {
    const { app, endpoint, findings } = await start(keys);
    for (let time = 0; time < 12; time += 1) expect((await discover(endpoint)).status).toBe(401);
    expect(findings).toHaveLength(12);
    expect(app.get(EndpointSecurity).counts()).toEqual({ unsigned: 12 });
    expect(warnings.filter((line) => line.startsWith('REA6020'))).toEqual([
      expect.stringMatching(/^REA6020 unsigned: A request for "\/discover" from 127.0.0.1 was refused with 401: .*key/),
      expect.stringMatching(/This is number 10\.$/),
    ]);
  });

  test('permissive reports each, logs once per reason, and serves', async () => {
    const { app, endpoint, findings } = await start({ ...keys, mode: 'permissive' });
    for (let time = 0; time < 12; time += 1) expect((await discover(endpoint)).status).toBe(200);
    expect(findings).toHaveLength(12);
    expect(findings[0]).toEqual({
      reason: 'unsigned',
      refused: false,
      status: 401,
      address: '127.0.0.1',
      path: '/discover',
    });
    expect(app.get(EndpointSecurity).counts()).toEqual({ unsigned: 12 });
    expect(warnings.filter((line) => line.startsWith('REA2070'))).toEqual([
      expect.stringMatching(/^REA2070 endpoint-security: A request for "\/discover" from 127\.0\.0\.1 \(unsigned: /),
    ]);
  });

  test('disabled looks at nothing', async () => {
    const { app, endpoint, findings } = await start({ ...keys, mode: 'disabled', allowedOrigins: ['192.0.2.1'] });
    expect((await discover(endpoint)).status).toBe(200);
    expect(findings).toEqual([]);
    expect(app.get(EndpointSecurity).counts()).toEqual({});
  });
});

describe('An origin', () => {
  test('that is not on the list is refused with 403', async () => {
    const { endpoint, findings } = await start({ mode: 'strict', ...keys, allowedOrigins: ['192.0.2.0/24'] });
    expect((await discover(endpoint)).status).toBe(403);
    expect(findings).toMatchObject([{ reason: 'origin-not-allowed', status: 403, address: '127.0.0.1' }]);
  });

  test('cannot be claimed in a header, except by a trusted proxy', async () => {
    const claim = { 'x-forwarded-for': '192.0.2.7' };
    const list = { ...keys, allowedOrigins: ['192.0.2.0/24'] };
    const direct = await start(list);
    expect((await discover(direct.endpoint, claim)).status).toBe(403);
    const behind = await start({ ...list, trustedProxies: ['127.0.0.1'] });
    // The next check.
    expect((await discover(behind.endpoint, claim)).status).toBe(401);
    expect((await discover(behind.endpoint, { 'x-forwarded-for': '198.51.100.1' })).status).toBe(403);
    expect(behind.findings.map(({ address }) => address)).toEqual(['192.0.2.7', '198.51.100.1']);
  });

  test('is checked without keys too, in mode permissive', async () => {
    const { endpoint, findings } = await start({ allowedOrigins: ['192.0.2.0/24'] });
    expect((await discover(endpoint)).status).toBe(200);
    expect(findings).toMatchObject([{ reason: 'origin-not-allowed', refused: false }]);
  });
});

test('HTTPS is the word of a trusted proxy only', async () => {
  const https = { 'x-forwarded-proto': 'https' };
  const stranger = await start({ ...keys, requireHttps: true, trustedProxies: ['192.0.2.1'] });
  expect((await discover(stranger.endpoint, https)).status).toBe(403);
  const proxy = await start({ ...keys, requireHttps: true, trustedProxies: ['127.0.0.0/8'] });
  expect((await discover(proxy.endpoint)).status).toBe(403);
  expect((await discover(proxy.endpoint, { 'x-forwarded-proto': 'http' })).status).toBe(403);
  expect((await discover(proxy.endpoint, https)).status).toBe(401);
  expect(proxy.findings.map(({ reason }) => reason)).toEqual(['insecure-transport', 'insecure-transport', 'unsigned']);
});

test('an embedded server signs, and only it may call: without configuration, in production too', async () => {
  vi.stubEnv('NODE_ENV', 'production');
  const port = await freePort();
  const module = await Test.createTestingModule({
    imports: [
      ReaModule.forRoot({ server: { embedded: true, dataDirectory: false }, endpoint: { port } }),
      IngressModule.forRoot(),
    ],
    providers: [Greeter],
  }).compile();
  const nest = module.createNestApplication();
  try {
    await nest.init();
    const security = nest.get(EndpointSecurity);
    expect(security.mode).toBe('strict');
    expect(security.identityKeys).toEqual([expect.stringMatching(/^publickeyv1_/)]);
    expect(security.counts()).toEqual({});
    expect((await discover(`http://127.0.0.1:${port}`)).status).toBe(401);
  } finally {
    await nest.close();
  }
});

describe.each(['express', 'fastify'] as const)('Mounted on %s', (platform) => {
  test('signed requests pass, others do not', async () => {
    const key = await createIdentityKey();
    const server = await RestateServer.start({ identityKey: key });
    open.push({ [Symbol.asyncDispose]: () => server.stop() });
    const app = await createTestApp({
      providers: [Greeter],
      server,
      ...(platform === 'fastify' ? { httpAdapter: new FastifyAdapter() } : {}),
      rea: { endpoint: { serve: 'mounted', path: '/internal/durable', security: { identityKeys: [key.publicKey] } } },
    });
    open.push(app);
    const ready = new Promise((resolve) => app.get(ReaEvents).on('registered', resolve));
    await app.app.listen(0, '127.0.0.1');
    await ready;
    await expect(app.ingress.service(Greeter).call.greet('Ada', { idempotencyKey: 'k' })).resolves.toBe('Hello, Ada');
    const url = `${await app.app.getUrl()}/internal/durable`;
    expect((await fetch(`${url}/discover`)).status).toBe(401);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const answer = await fetch(`${url}/invoke/${app.namespace}.Greeter/greet`, { method: 'POST', body: 'x' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ message: 'REA6020: unsigned' });
    expect(app.get(EndpointSecurity).counts()).toEqual({ unsigned: 2 });
  });
});
