import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { github, standardWebhooks, stripe, type WebhookScheme } from '@rea/ingress';
import { describe, expect, test } from 'vitest';
import { problemOf } from '../../src/webhooks/verify-delivery.js';

const MINUTES = 60_000;

interface Delivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function verdict(
  scheme: WebhookScheme,
  secrets: readonly string[],
  { headers, body }: Delivery,
  now: number,
): string | undefined {
  const delivery = scheme.read((name) => headers[name], Buffer.from(body));
  const keys = secrets.map((secret) => scheme.key(secret)!);
  return problemOf(delivery, keys, 5 * MINUTES, now) ?? 'genuine';
}

const hmac = (secret: string | Buffer, content: string) => createHmac('sha256', secret).update(content);

describe('GitHub', () => {
  // The example of https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
  const secret = "It's a Secret to Everybody";
  const known: Delivery = {
    headers: {
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    },
    body: 'Hello, World!',
  };
  const check = (delivery: Delivery, secrets = [secret]) => verdict(github(), secrets, delivery, Date.now());

  test('accepts the documented example', () => {
    expect(check(known)).toBe('genuine');
    expect(check(known, ['the next one', secret])).toBe('genuine');
  });

  test('knows the delivery by its id', () => {
    expect(
      github()
        .read((name) => known.headers[name], Buffer.from(known.body))
        ?.id(),
    ).toBe('72d3162e-cc78-11e3-81ab-4c9367dc0958');
  });

  test.each<[string, Delivery, string]>([
    ['another body', { ...known, body: 'Hello, World?' }, 'bad-signature'],
    ['no body', { ...known, body: '' }, 'bad-signature'],
    ['no signature', { ...known, headers: {} }, 'unsigned'],
    ['SHA-1 only', { ...known, headers: { 'x-hub-signature': `sha1=${'a'.repeat(40)}` } }, 'unsigned'],
    ['half a signature', { ...known, headers: { 'x-hub-signature-256': 'sha256=757107ea' } }, 'bad-signature'],
    ['an empty one', { ...known, headers: { 'x-hub-signature-256': 'sha256=' } }, 'bad-signature'],
    ['no hexadecimal', { ...known, headers: { 'x-hub-signature-256': 'sha256=zz' } }, 'bad-signature'],
  ])('refuses %s', (_name, delivery, problem) => {
    expect(check(delivery)).toBe(problem);
  });

  test('refuses what another secret has signed', () => {
    expect(check(known, ["it's a secret to everybody"])).toBe('bad-signature');
  });
});

describe('Stripe', () => {
  const secret = 'whsec_test_secret';
  const body = '{"id":"evt_1","type":"payment_intent.succeeded"}';
  const time = 1_492_774_577;
  // The format of https://docs.stripe.com/webhooks#verify-manually: the time, a dot, the body.
  // Made with openssl dgst -sha256 -hmac.
  const v1 = 'a0b379cac7b1fb483e6424514f123cb4f228c044797ea1d5714be1106c7bc422';
  const signed = (header: string): Delivery => ({ headers: { 'stripe-signature': header }, body });
  const check = (delivery: Delivery, { secrets = [secret], now = time * 1_000 } = {}) =>
    verdict(stripe(), secrets, delivery, now);

  test('accepts the documented format', () => {
    expect(hmac(secret, `${time}.${body}`).digest('hex')).toBe(v1);
    expect(check(signed(`t=${time},v1=${v1}`))).toBe('genuine');
    expect(
      check(signed(`t=${time},v1=${v1},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39`)),
    ).toBe('genuine');
  });

  test('accepts one of several signatures, and one of several secrets, while keys rotate', () => {
    expect(check(signed(`t=${time},v1=${'0'.repeat(64)},v1=${v1}`))).toBe('genuine');
    expect(check(signed(`t=${time},v1=${v1}`), { secrets: ['whsec_next', secret] })).toBe('genuine');
  });

  test('knows the event by its id', () => {
    const read = (text: string) =>
      stripe()
        .read(() => `t=${time},v1=${v1}`, Buffer.from(text))
        ?.id();
    expect(read(body)).toBe('evt_1');
    for (const other of ['{}', '{"id":1}', '[]', 'null', 'x', '']) expect(read(other)).toBeUndefined();
  });

  test.each<[string, string, string]>([
    ['no header', '', 'unsigned'],
    ['no time', `v1=${v1}`, 'unsigned'],
    ['no signature', `t=${time}`, 'unsigned'],
    ['only the test scheme v0', `t=${time},v0=${v1}`, 'unsigned'],
    ['a time that is none', `t=yesterday,v1=${v1}`, 'unsigned'],
    ['another time', `t=${time + 1},v1=${v1}`, 'bad-signature'],
    ['a cut signature', `t=${time},v1=${v1.slice(2)}`, 'bad-signature'],
    ['noise', ',,,===,t', 'unsigned'],
    ['a hundred signatures', `t=${time}${`,v1=${v1}`.repeat(100)}`, 'bad-signature'],
  ])('refuses %s', (_name, header, problem) => {
    expect(check(signed(header))).toBe(problem);
  });

  test('refuses what is too old, or from the future', () => {
    const delivery = signed(`t=${time},v1=${v1}`);
    expect(check(delivery, { now: time * 1_000 + 5 * MINUTES })).toBe('genuine');
    expect(check(delivery, { now: time * 1_000 + 5 * MINUTES + 1 })).toBe('stale');
    expect(check(delivery, { now: time * 1_000 - 5 * MINUTES - 1 })).toBe('stale');
  });
});

describe('Standard Webhooks', () => {
  // The example of the specification and its libraries.
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const time = 1_614_265_330;
  const body = '{"test": 2432232314}';
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  const v1 = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  const signed = (signature: string, change: Record<string, string> = {}): Delivery => ({
    headers: { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': signature, ...change },
    body,
  });
  const check = (delivery: Delivery, { secrets = [secret], now = time * 1_000 } = {}) =>
    verdict(standardWebhooks(), secrets, delivery, now);

  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');
  const whpk = `whpk_${raw.toString('base64')}`;
  const v1a = `v1a,${sign(null, Buffer.from(`${id}.${time}.${body}`), privateKey).toString('base64')}`;

  test('accepts the documented example, with HMAC', () => {
    expect(check(signed(v1))).toBe('genuine');
    expect(check(signed(`v1,${'A'.repeat(43)}= ${v1}`))).toBe('genuine');
  });

  test('accepts Ed25519, and both algorithms side by side', () => {
    expect(check(signed(v1a), { secrets: [whpk] })).toBe('genuine');
    expect(check(signed(`${v1} ${v1a}`), { secrets: [whpk] })).toBe('genuine');
    expect(check(signed(`${v1} ${v1a}`), { secrets: [secret, whpk] })).toBe('genuine');
  });

  test('accepts the Ed25519 test vector of RFC 8032, section 7.1, test 3', () => {
    const key = standardWebhooks().key(
      `whpk_${Buffer.from('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'hex').toString('base64')}`,
    )!;
    const value = Buffer.from(
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
      'hex',
    );
    const delivery = {
      signatures: [{ algorithm: 'ed25519', value }],
      content: Buffer.from('af82', 'hex'),
      timestamp: undefined,
      id: () => undefined,
    } as const;
    expect(problemOf(delivery, [key], 0, 0)).toBeUndefined();
    expect(problemOf({ ...delivery, content: Buffer.from('af83', 'hex') }, [key], 0, 0)).toBe('bad-signature');
  });

  test.each<[string, Delivery, readonly string[], string]>([
    ['another id', signed(v1, { 'webhook-id': 'msg_2' }), [secret], 'bad-signature'],
    ['another time', signed(v1, { 'webhook-timestamp': String(time + 1) }), [secret], 'bad-signature'],
    ['no id', signed(v1, { 'webhook-id': '' }), [secret], 'unsigned'],
    ['no signature', signed(''), [secret], 'unsigned'],
    ['an unknown version', signed(v1.replace('v1', 'v9')), [secret], 'bad-signature'],
    ['a version that every object has', signed(v1.replace('v1', 'constructor')), [secret], 'bad-signature'],
    [
      'an HMAC by the public key',
      signed(`v1,${hmac(raw, `${id}.${time}.${body}`).digest('base64')}`),
      [whpk],
      'bad-signature',
    ],
    ['an HMAC that calls itself Ed25519', signed(v1.replace('v1', 'v1a')), [whpk], 'bad-signature'],
    ['Ed25519 where a secret is shared', signed(v1a), [secret], 'bad-signature'],
  ])('refuses %s', (_name, delivery, secrets, problem) => {
    expect(check(delivery, { secrets: [...secrets] })).toBe(problem);
  });

  test('refuses what is too old', () => {
    expect(check(signed(v1), { now: time * 1_000 + 6 * MINUTES })).toBe('stale');
  });

  test.each(['', 'whsec_', 'whsec_***', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whpk_AAAA', 'whsk_AAAA'])(
    'has no key for %j',
    (text) => {
      expect(standardWebhooks().key(text)).toBeUndefined();
    },
  );
});
