import { Logger } from '@nestjs/common';
import {
  EndpointSecurity,
  Handler,
  type PolicyMode,
  type PolicyOptions,
  PolicyService,
  ReaEvents,
  RULES,
  type SecurityMode,
  type SecurityOptions,
  Service,
  type Violation,
} from '@rea/core';
import { createIdentityKey } from '@rea/server';
import { createTestApp, type ReaTestApp } from '@rea/testing';
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

let app: ReaTestApp | undefined;
beforeEach(() => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  vi.stubEnv('CI', '');
  vi.stubEnv('NODE_ENV', 'test');
  vi.stubEnv('RESTATE_FRAMEWORK_POLICY', '');
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const STRANGERS: SecurityOptions = { allowedOrigins: ['192.0.2.1'] };

/** What becomes of a request from an address that is not allowed. */
async function fateOf(
  security: SecurityOptions,
  policy?: PolicyOptions,
): Promise<{ status: number; found: Violation[] }> {
  const port = await freePort();
  app = await createTestApp({
    providers: [Greeter],
    rea: { registration: false, endpoint: { port, security }, ...(policy === undefined ? {} : { policy }) },
  });
  const found: Violation[] = [];
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
  const { status } = await request(`http://127.0.0.1:${port}`, {
    ':method': 'GET',
    ':path': '/discover',
    accept: 'application/vnd.restate.endpointmanifest.v4+json',
  });
  return { status, found };
}

const rule = (mode: PolicyMode): PolicyOptions => ({ rules: { 'endpoint-security': mode } });

describe('What the endpoint does with a request that fails a check', { meta: { claim: 'planes' } }, () => {
  const cases: [string, SecurityMode, PolicyOptions | undefined, SecurityMode | undefined, string | undefined][] = [
    ['nothing said', 'permissive', undefined, undefined, undefined],
    ['the policy strict', 'strict', 'strict', undefined, undefined],
    ['the policy warn', 'permissive', 'warn', undefined, undefined],
    ['the policy disabled', 'disabled', 'disabled', undefined, undefined],
    [
      'the rule disabled, in a strict policy',
      'disabled',
      { mode: 'strict', ...(rule('disabled') as object) },
      undefined,
      undefined,
    ],
    ['the option permissive, in a strict policy', 'permissive', 'strict', 'permissive', undefined],
    ['the option disabled', 'disabled', undefined, 'disabled', undefined],
    ['the rule warn over the option disabled', 'permissive', rule('warn'), 'disabled', undefined],
    ['the environment strict over all', 'strict', rule('disabled'), 'disabled', 'strict'],
    ['the environment warn over disabled', 'permissive', 'disabled', 'disabled', 'warn'],
    ['the environment disabled, which loosens nothing', 'strict', 'strict', undefined, 'disabled'],
  ];

  test.each(cases)('%s: %s', async (_what, mode, policy, option, environment) => {
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', environment ?? '');
    const { status, found } = await fateOf({ ...STRANGERS, ...(option ? { mode: option } : {}) }, policy);
    expect(app!.get(EndpointSecurity).mode).toBe(mode);
    expect(status).toBe(mode === 'strict' ? 403 : 200);
    const fates = found.map(({ rule: { id }, refused, place }) => ({ id, refused, place }));
    const seen = [{ id: 'endpoint-security', refused: mode === 'strict', place: 'the endpoint' }];
    expect(fates).toEqual(mode === 'disabled' ? [] : seen);
    expect(app!.get(PolicyService).findings()).toHaveLength(found.length);
  });

  test.each(['warn', 'disabled'] as const)(
    'Keys are enforced, whatever the policy is for all rules: %s',
    async (policy) => {
      const { publicKey } = await createIdentityKey();
      expect((await fateOf({ identityKeys: [publicKey] }, policy)).status).toBe(401);
    },
  );

  test('A mode can be changed while the application runs', async () => {
    expect((await fateOf(STRANGERS)).status).toBe(200);
    app!.get(PolicyService).set('strict', 'endpoint-security');
    expect(app!.get(EndpointSecurity).mode).toBe('strict');
  });

  test.each<[string, SecurityOptions, SecurityMode]>([
    ['nothing', {}, 'permissive'],
    ['nothing, said explicitly', { identityKeys: [], requireHttps: false }, 'permissive'],
    ['proxies, which are no check', { trustedProxies: ['192.0.2.1'] }, 'permissive'],
    ['origins', STRANGERS, 'strict'],
    ['the transport', { requireHttps: true, trustedProxies: ['192.0.2.1'] }, 'strict'],
  ])('The mode is not strict by a strict policy where nothing is checked: %s', async (_what, security, mode) => {
    expect((await fateOf(security, 'strict')).status).toBe(mode === 'strict' ? 403 : 200);
    expect(app!.get(EndpointSecurity).mode).toBe(mode);
  });

  test('Keys that are set at run time make a strict policy strict', async () => {
    await fateOf({}, 'strict');
    const security = app!.get(EndpointSecurity);
    security.setIdentityKeys([(await createIdentityKey()).publicKey]);
    expect(security.mode).toBe('strict');
  });

  test('strict for the rule asks for keys, as the option does', async () => {
    await expect(fateOf(STRANGERS, rule('strict'))).rejects.toThrow(/REA1050/);
  });
});

test('Each guardrail of the policy has an id: none is left without', { meta: { claim: 'planes' } }, () => {
  expect(Object.keys(RULES)).toEqual(
    expect.arrayContaining([
      'missing-key',
      'shared-write',
      'endpoint-security',
      'saga-unregistered',
      'context-in-run',
      'ingress-in-handler',
      'plane',
      'determinism',
      'blocking-exclusive',
      'self-call',
      'large-value',
      'oversize-value',
    ]),
  );
});
