import { Body, Controller, Logger, Param, ParseIntPipe, Post, ValidationPipe } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Handler, idempotencyKey, type PolicyMode, PolicyService, run, Service } from '@rea/core';
import { IdempotencyKey, type IngressServiceClient, InjectIngress } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { tried } from '../../../../test/support/claim.js';

@Service()
class Till {
  charges = 0;

  @Handler()
  async charge(ctx: Context, amount: number): Promise<string> {
    return `${amount} as number ${await run(ctx, 'charge', () => (this.charges += 1))}`;
  }
}

interface Payment {
  readonly amount: number;
}

@Controller('pay')
class Payments {
  constructor(@InjectIngress(Till) private readonly till: IngressServiceClient<Till>) {}

  @Post('plain')
  async plain(@Body() { amount }: Payment, @IdempotencyKey() key?: string) {
    return { charged: await this.till.call.charge(amount, { idempotencyKey: key }) };
  }

  @Post('required')
  async required(@IdempotencyKey({ required: true }) key: string, @Body() { amount }: Payment) {
    return { charged: await this.till.call.charge(amount, { idempotencyKey: key }) };
  }

  @Post('fingerprint/:customer')
  async fingerprint(@Body() { amount }: Payment, @IdempotencyKey({ fingerprint: true }) key?: string) {
    return { charged: await this.till.call.charge(amount, { idempotencyKey: key }) };
  }

  @Post('customer/:id')
  async ofCustomer(
    @Param('id', ParseIntPipe) id: number,
    @Body() { amount }: Payment,
    @IdempotencyKey({ required: true }) key: string,
  ) {
    return { charged: await this.till.call.charge(amount, { idempotencyKey: idempotencyKey('pay', id, key) }) };
  }
}

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
] as const)('@IdempotencyKey on %s', (_platform, adapter) => {
  let app: ReaTestApp;
  let url: string;
  const warnings: string[] = [];
  beforeAll(async () => {
    app = await createTestApp({
      providers: [Till],
      controllers: [Payments],
      httpAdapter: adapter(),
      configure: (nest) => nest.useGlobalPipes(new ValidationPipe({ transform: true })),
    });
    await app.app.listen(0, '127.0.0.1');
    url = await app.app.getUrl();
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(String(line)));
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await app?.close();
  });
  beforeEach(() => void (warnings.length = 0));

  let keys = 0;
  const newKey = () => `key-${(keys += 1)}`;
  const mode = (policy: PolicyMode) => app.get(PolicyService).set(policy);
  const pay = async (path: string, key?: string | readonly string[], amount = 5) => {
    const headers = new Headers({ 'content-type': 'application/json' });
    for (const value of typeof key === 'string' ? [key] : (key ?? [])) headers.append('idempotency-key', value);
    const response = await fetch(`${url}/pay/${path}`, { method: 'POST', headers, body: JSON.stringify({ amount }) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const charges = () => app.get(Till).charges;

  test.each(['strict', 'warn', 'disabled'] as const)(
    'the same key twice charges once and answers twice: %s',
    async (policy) => {
      mode(policy);
      const [key, before] = [newKey(), charges()];
      const first = await pay('plain', `"${key}"`);
      expect(first).toEqual({ status: 201, body: { charged: `5 as number ${before + 1}` } });
      expect(await pay('plain', `"${key}"`)).toEqual(first);
      expect(await pay('plain', key)).toEqual(first);
      expect(await Promise.all([pay('plain', key), pay('plain', key)])).toEqual([first, first]);
      expect(charges()).toBe(before + 1);
      expect(warnings).toEqual([]);
    },
  );

  test('another key charges again', async () => {
    const before = charges();
    await pay('plain', newKey());
    await pay('plain', newKey());
    expect(charges()).toBe(before + 2);
  });

  test('a key with another body is answered with the first answer, as Restate does not compare inputs', async () => {
    const [key, before] = [newKey(), charges()];
    const first = await pay('plain', key, 5);
    expect(await pay('plain', key, 6)).toEqual(first);
    expect(charges()).toBe(before + 1);
  });

  test('a key with another body or path is another action with a fingerprint; with the same ones it is the same', async () => {
    const [key, before] = [newKey(), charges()];
    const first = await pay('fingerprint/7', key, 5);
    expect(await pay('fingerprint/7', `"${key}"`, 5)).toEqual(first);
    expect(await pay('fingerprint/7', key, 6)).toMatchObject({ body: { charged: `6 as number ${before + 2}` } });
    expect(await pay('fingerprint/8', key, 5)).toMatchObject({ body: { charged: `5 as number ${before + 3}` } });
    expect(charges()).toBe(before + 3);
  });

  test('a key of one customer is not that of another', async () => {
    const [key, before] = [newKey(), charges()];
    expect(await pay('customer/1', key)).not.toEqual(await pay('customer/2', key));
    expect(await pay('customer/1', key)).toEqual({ status: 201, body: { charged: `5 as number ${before + 1}` } });
    expect(charges()).toBe(before + 2);
  });

  describe('without the header', () => {
    // First: what was refused before is not logged any more.
    test('warn: it runs, and is logged once', async () => {
      mode('warn');
      const before = charges();
      expect([await pay('plain'), await pay('plain')]).toMatchObject([{ status: 201 }, { status: 201 }]);
      expect(charges()).toBe(before + 2);
      expect(warnings).toEqual([expect.stringMatching(/^REA2003 missing-key: .* in Till call\.charge\./)]);
    });

    test('strict: 400, and nothing runs', async () => {
      mode('strict');
      const before = charges();
      for (const path of ['plain', 'fingerprint/7']) {
        expect(await pay(path)).toMatchObject({ status: 400, body: { code: 'REA2003' } });
      }
      expect(charges()).toBe(before);
    });

    test.each(['strict', 'warn', 'disabled'] as const)('where it is required, 400 in mode %s', async (policy) => {
      mode(policy);
      const before = charges();
      expect(await pay('required')).toEqual({
        status: 400,
        body: {
          statusCode: 400,
          code: 'REA4020',
          message: expect.stringContaining('needs the header Idempotency-Key'),
        },
      });
      expect(charges()).toBe(before);
    });
  });

  describe('with a malformed header', { meta: { claim: 'keys' } }, () => {
    test('warn: it is logged once, and what it holds is the key', async () => {
      mode('warn');
      const before = charges();
      const first = await pay('plain', `"${newKey()}`);
      expect(first.status).toBe(201);
      expect(await pay('plain', `"key-${keys}`)).toEqual(first);
      expect(charges()).toBe(before + 1);
      expect(warnings).toEqual([
        expect.stringMatching(
          /^REA2008 weak-key: the header Idempotency-Key "\\"key-\d+", which is no quoted text of visible ASCII, in Payments\.plain\./,
        ),
      ]);
    });

    test.each(['warn', 'disabled'] as const)(
      '%s: one whose text cannot be a key is a 400, and nothing runs',
      async (policy) => {
        mode(policy);
        const before = charges();
        const headers = ['', '   ', '""', 'café', 'k'.repeat(257), `"${'k'.repeat(257)}"`];
        tried(headers.length * 3);
        for (const key of headers) {
          for (const path of ['plain', 'required', 'fingerprint/7']) {
            expect(await pay(path, key)).toMatchObject({ status: 400, body: { code: 'REA3021' } });
          }
        }
        expect(charges()).toBe(before);
      },
    );

    test.each<[string, string | readonly string[]]>([
      ['unterminated', '"abc'],
      ['twice', ['"a"', '"b"']],
      ['empty', ''],
      ['too long', 'k'.repeat(257)],
    ])('strict: 400, and nothing runs: %s', async (_what, key) => {
      mode('strict');
      const before = charges();
      for (const path of ['plain', 'required']) {
        expect(await pay(path, key)).toMatchObject({
          status: 400,
          body: { code: 'REA2008', message: expect.stringMatching(new RegExp(`in Payments\\.${path}\\.`)) },
        });
      }
      expect(charges()).toBe(before);
    });
  });

  test('a key that holds a time is refused where it is passed on: strict', async () => {
    mode('strict');
    expect(await pay('plain', '"2026-11-24T05:37:13Z"')).toMatchObject({ status: 400, body: { code: 'REA2008' } });
  });
});
