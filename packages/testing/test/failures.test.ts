import { type LoggerService } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  run,
  Service,
  type ServiceClient,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import type { SentInvocation } from '@rea/ingress';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const once = { idempotencyKey: false } as const;
const LATE = { idempotencyKey: 'late' };
const retryPolicy = { initialInterval: 50, maxInterval: 200 };

/** What the handlers throw; undefined: they do not. */
let thrown: (() => unknown) | undefined;

@Service({ retryPolicy })
class Payments {
  @Handler()
  async charge(_ctx: Context): Promise<string> {
    if (thrown) throw thrown();
    return 'charged';
  }

  @Handler()
  async inRun(ctx: Context): Promise<string> {
    return run(ctx, 'charge', () => this.failsHere());
  }

  private failsHere(): string {
    if (thrown) throw thrown();
    return 'charged';
  }
}

@Service({ retryPolicy })
class Shop {
  constructor(@InjectClient(Payments) private readonly payments: ServiceClient<Payments>) {}

  @Handler()
  async buy(_ctx: Context): Promise<string> {
    return this.payments.call.charge();
  }
}

@VirtualObject({ retryPolicy })
class Cart {
  @Handler()
  async checkOut(_ctx: ObjectContext): Promise<string> {
    if (thrown) throw thrown();
    return 'out';
  }
}

@Workflow({ retryPolicy, workflowRetention: { days: 1 } })
class Order {
  @WorkflowRun()
  async process(_ctx: WorkflowContext): Promise<string> {
    if (thrown) throw thrown();
    return 'done';
  }
}

const printed: string[] = [];
const logger: LoggerService = {
  log: () => {},
  warn: () => {},
  error: (message: unknown) => void printed.push(String(message)),
};

const apps: ReaTestApp[] = [];
beforeEach(() => {
  printed.length = 0;
  thrown = () => new TypeError('lines is not iterable');
});
afterEach(async () => {
  thrown = undefined;
  for (const app of apps.splice(0)) await app.close();
});

async function start(options: TestAppOptions = {}): Promise<ReaTestApp> {
  const app = await createTestApp({ providers: [Payments, Shop, Cart, Order], nest: { logger }, ...options });
  apps.push(app);
  return app;
}

const reports = () => printed.filter((line) => line.startsWith('REA9030'));

type Ask = (app: ReaTestApp) => Promise<unknown>;

const WAITS: readonly [string, string, Ask][] = [
  ['a call', 'Payments/charge', (app) => app.ingress.service(Payments).call.charge(undefined, once)],
  ['a call whose run fails', 'Payments/inRun', (app) => app.ingress.service(Payments).call.inRun(undefined, once)],
  [
    'a call of a handler that waits for another',
    'Payments/charge',
    (app) => app.ingress.service(Shop).call.buy(undefined, once),
  ],
  [
    'a call of an object',
    'Cart/a b/checkOut',
    (app) => app.ingress.object(Cart).of('a b').call.checkOut(undefined, once),
  ],
  ['a call by name', 'Payments/charge', (app) => app.ingress.generic('Payments').call('charge', undefined, once)],
  [
    'the result of a message',
    'Payments/charge',
    async (app) => (await app.ingress.service(Payments).send.charge(undefined, { idempotencyKey: 'k' })).result(),
  ],
  [
    'attach to a call',
    'Payments/charge',
    async (app) => {
      await app.ingress.service(Payments).send.charge(undefined, { idempotencyKey: 'k' });
      return app.ingress.service(Payments).attach.charge('k');
    },
  ],
  ['a workflow', 'Order/o 1/run', async (app) => (await app.ingress.workflow(Order).of('o 1').submit()).attach()],
  [
    'an invocation by its id',
    'Payments/charge',
    async (app) => {
      const { invocationId } = await app.ingress.service(Payments).send.charge(undefined, { idempotencyKey: 'k' });
      return app.ingress.invocation(invocationId).attach();
    },
  ],
];

describe('An ordinary error in a handler under test', { meta: { claim: 'test-failures' } }, () => {
  test.each(WAITS)('is printed while %s waits for it, and the wait goes on', async (_what, place, ask) => {
    const app = await start();
    const answer = ask(app);
    await expect.poll(reports).toHaveLength(1);
    const [report] = reports();
    expect(report).toContain(place);
    expect(report).toMatch(/attempt \d+, inv_/);
    expect(report).toContain('lines is not iterable');
    expect(report).toContain('failures.test.ts');
    expect(report).not.toContain('node_modules');
    thrown = undefined;
    expect(await answer).toBeTypeOf('string');
  });

  test.each(WAITS)('is thrown to %s that waits for it', async (_what, _place, ask) => {
    const app = await start({ failures: 'throw' });
    await expect(ask(app)).rejects.toThrow('lines is not iterable');
    expect(reports()).toEqual([]);
  });

  test.each<[string, (app: ReaTestApp, sent: SentInvocation<string>) => Promise<unknown>]>([
    ['result()', (_app, sent) => sent.result()],
    ['attach', (app) => app.ingress.service(Payments).attach.charge('late')],
    ['output', (app) => app.ingress.service(Payments).output.charge('late')],
    ['attach by the id', (app, sent) => app.ingress.invocation(sent.invocationId).attach()],
    ['output by the id', (app, sent) => app.ingress.invocation(sent.invocationId).output()],
    ['a call with its idempotency key', (app) => app.ingress.service(Payments).call.charge(undefined, LATE)],
    ['attach to a workflow', (app) => app.ingress.workflow(Order).of('late').attach()],
    ['output of a workflow', (app) => app.ingress.workflow(Order).of('late').output()],
    ['a call that queues behind it', (app) => app.ingress.object(Cart).of('late').call.checkOut(undefined, once)],
  ])('is thrown to %s that begins to wait later, and printed before', async (_what, ask) => {
    const app = await start({ failures: 'throw' });
    const sent = await app.ingress.service(Payments).send.charge(undefined, LATE);
    await app.ingress.workflow(Order).of('late').submit();
    await app.ingress.object(Cart).of('late').send.checkOut(undefined, once);
    await expect.poll(reports, { timeout: 5_000 }).toHaveLength(3);
    await expect(ask(app, sent)).rejects.toThrow('lines is not iterable');
    expect(reports()).toHaveLength(3);
  });

  test('is not thrown to a call of its own that begins later, nor once it is over', async () => {
    const app = await start({ failures: 'throw' });
    const sent = await app.ingress.service(Payments).send.charge(undefined, LATE);
    await expect.poll(reports, { timeout: 5_000 }).toHaveLength(1);
    const other = app.ingress.service(Payments).call.charge(undefined, once);
    thrown = undefined;
    expect(await other).toBe('charged');
    await expect
      .poll(async () => (await app.invocations('Payments')).map(({ status }) => status))
      .toEqual(['completed', 'completed']);
    expect(await sent.result()).toBe('charged');
  });

  test('is not thrown to requests that wait for something else', async () => {
    const app = await start({ failures: 'throw' });
    const failing = app.ingress.object(Cart).of('a').call.checkOut(undefined, once);
    const other = app.ingress
      .object(Cart)
      .of('ab')
      .attach.checkOut('unknown')
      .catch((error: Error) => error.message);
    await expect(failing).rejects.toThrow('lines is not iterable');
    expect(await other).not.toContain('iterable');
  });

  test('is printed once, and another error of the same invocation again', async () => {
    const app = await start();
    const answer = app.ingress.service(Payments).call.charge(undefined, once);
    await expect.poll(reports).toHaveLength(1);
    thrown = () => new Error('another one', { cause: new Error('the socket hung up') });
    await expect.poll(reports).toHaveLength(2);
    expect(reports()[1]).toContain('caused by Error: the socket hung up');
    thrown = undefined;
    expect(await answer).toBe('charged');
    expect(reports()).toHaveLength(2);
  });

  test('is not printed when the next attempt succeeds, when it is terminal, or when it is off', async () => {
    const app = await start();
    let failures = 0;
    thrown = () => {
      failures += 1;
      if (failures === 2) thrown = undefined;
      return new Error('flaky');
    };
    expect(await app.ingress.service(Payments).call.charge(undefined, once)).toBe('charged');
    const silent = await start({ failures: 'off' });
    thrown = () => new TypeError('lines is not iterable');
    const answer = silent.ingress.service(Payments).call.charge(undefined, once);
    const seen = await start();
    const shown = seen.ingress.service(Payments).call.inRun(undefined, once);
    await expect.poll(reports).toHaveLength(1);
    expect(reports()[0]).toContain('Payments/inRun');
    thrown = undefined;
    expect(await Promise.all([answer, shown])).toEqual(['charged', 'charged']);
  });

  test.each([
    ['a text', 'just a text'],
    ['nothing', undefined],
    ['an object', { code: 7 }],
    ['an error without a stack', Object.assign(new Error('bare'), { stack: undefined })],
    [
      'an error that causes itself',
      (() => {
        const error: Error = new Error('a cycle');
        error.cause = error;
        return error;
      })(),
    ],
  ])('may be %s', async (_what, value) => {
    const app = await start();
    thrown = () => value;
    const answer = app.ingress.service(Payments).call.charge(undefined, once);
    await expect.poll(reports).toHaveLength(1);
    thrown = undefined;
    expect(await answer).toBe('charged');
  });
});
