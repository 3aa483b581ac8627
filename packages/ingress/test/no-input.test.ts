import { Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../../test/support/claim.js';

@Service()
class Orders {
  constructor(@InjectClient(() => Orders) readonly orders: ServiceClient<Orders>) {}

  @Handler()
  async cancel(ctx: Context): Promise<string> {
    return ctx.request().headers.get('x-by') ?? 'nobody';
  }

  @Handler()
  async cancelTwice(_ctx: Context): Promise<string[]> {
    const options = { headers: { 'x-by': 'ada' } };
    // @ts-expect-error options are the second argument
    const misplaced = this.orders.call.cancel(options);
    return [await this.orders.call.cancel(undefined, options), await misplaced];
  }
}

describe('Options of a handler without input', { meta: { claim: 'no-input' } }, () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Orders] });
  });
  afterAll(() => app?.close());

  test('are the second argument of a call', async () => {
    const options = { idempotencyKey: 'cancel-7', headers: { 'x-by': 'ada' } };
    const { call, attach } = app.ingress.service(Orders);
    expect(await call.cancel(undefined, options)).toBe('ada');
    expect(await call.cancel(undefined, { ...options, headers: { 'x-by': 'bob' } })).toBe('ada');
    expect(await attach.cancel('cancel-7')).toBe('ada');
  });

  test('are the second argument of a message', async () => {
    const { send } = app.ingress.service(Orders);
    const options = { idempotencyKey: 'cancel-8', headers: { 'x-by': 'ada' } };
    expect(await (await send.cancel(undefined, options)).result()).toBe('ada');
    expect((await send.cancel(undefined, options)).accepted).toBe(false);
  });

  test('are the second argument in a handler; as the first one they do not compile, and are no options', async () => {
    const answers = app.ingress.service(Orders).call.cancelTwice(undefined, { idempotencyKey: false });
    expect(await answers).toEqual(['ada', 'nobody']);
  });

  test('are not taken as the first argument at the ingress', async () => {
    // @ts-expect-error options are the second argument
    expect(await app.ingress.service(Orders).call.cancel({ headers: { 'x-by': 'ada' } })).toBe('nobody');
  });
});
