import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndpointSecurity } from '@rea/core';
import { SignedWebhook } from '@rea/ingress';
import { createIdentityKey } from '@rea/server';
import { createTestApp } from '@rea/testing';
import { Controller, Post } from '@nestjs/common';
import { expect, test, vi } from 'vitest';
import { KeyRotation, RedisReplayStore } from './security.js';
import { discord, Payments, PaymentsModule } from './webhooks.js';

test('keys are reloaded from a file', async () => {
  const [old, next] = await Promise.all([createIdentityKey(), createIdentityKey()]);
  const directory = await mkdtemp(join(tmpdir(), 'rea-keys-'));
  const file = join(directory, 'keys');
  await using app = await createTestApp({
    providers: [KeyRotation],
    rea: { endpoint: { security: { identityKeys: [old.publicKey] } } },
  });
  try {
    await writeFile(file, `${old.publicKey}\n${next.publicKey}\n`);
    await app.get(KeyRotation).reload(file);
    expect(app.get(EndpointSecurity).identityKeys).toEqual([old.publicKey, next.publicKey]);
    await writeFile(file, 'nonsense');
    await expect(app.get(KeyRotation).reload(file)).rejects.toThrow(/not a public key/);
    expect(app.get(EndpointSecurity).identityKeys).toHaveLength(2);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a store in Redis knows an id once', async () => {
  const kept = new Map<string, number>();
  const store = new RedisReplayStore({
    async set(key, _value, { PXAT }) {
      if (kept.has(key)) return null;
      kept.set(key, PXAT);
      return 'OK';
    },
  });
  const until = new Date();
  expect(await Promise.all([store.remember('a', until), store.remember('a', until)])).toEqual([true, false]);
  expect([...kept]).toEqual([['rea:seen:a', until.getTime()]]);
});

test('a payment is settled once, however often its webhook comes', async () => {
  vi.stubEnv('STRIPE_SECRETS', 'whsec_old,whsec_new');
  await using app = await createTestApp({ imports: [PaymentsModule], nest: { rawBody: true } });
  await app.app.listen(0, '127.0.0.1');
  const url = `${await app.app.getUrl()}/webhooks/stripe`;
  const body = '{"id":"evt_1","type":"charge.succeeded"}';
  const deliver = (secret: string) => {
    const time = Math.floor(Date.now() / 1_000);
    const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${time},v1=${mac}` };
    return fetch(url, { method: 'POST', headers, body });
  };
  for (const secret of ['whsec_old', 'whsec_new', 'whsec_new']) expect((await deliver(secret)).status).toBe(200);
  expect((await deliver('whsec_other')).status).toBe(401);
  await expect.poll(() => app.get(Payments).settled).toEqual(['evt_1']);
  vi.unstubAllEnvs();
});

test("a scheme of one's own", async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const hex = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('hex');

  @Controller()
  class Bot {
    @Post('interactions')
    @SignedWebhook({ scheme: discord, secrets: [hex], singleUse: false })
    pong(): object {
      return { type: 1 };
    }
  }
  await using app = await createTestApp({ controllers: [Bot], nest: { rawBody: true } });
  await app.app.listen(0, '127.0.0.1');
  const url = `${await app.app.getUrl()}/interactions`;
  const body = '{"id":"1","type":1}';
  const time = String(Math.floor(Date.now() / 1_000));
  const ask = (signed: string) =>
    fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-signature-ed25519': sign(null, Buffer.from(time + signed), privateKey).toString('hex'),
        'x-signature-timestamp': time,
      },
      body,
    });
  expect(await (await ask(body)).json()).toEqual({ type: 1 });
  expect((await ask('something else')).status).toBe(401);
});
