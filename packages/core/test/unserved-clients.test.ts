import { type CanActivate, Injectable, Module, UseGuards } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { getClientToken, Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import { getIngressToken, InjectIngress, type IngressServiceClient } from '@rea/ingress';
import { createTestApp, type ReaTestApp, type TestAppOptions } from '@rea/testing';
import { type Context, iface } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { LogLines } from './support/log-lines.js';

const once = { idempotencyKey: false } as const;

@Service()
class Payments {
  @Handler()
  async charge(_ctx: Context, cents: number): Promise<string> {
    return `charged ${cents}`;
  }

  @Handler()
  async refund(_ctx: Context, cents: number): Promise<string> {
    return `refunded ${cents}`;
  }
}

@Service()
class Checkout {
  constructor(@InjectClient(Payments) private readonly payments: ServiceClient<Payments>) {}

  @Handler()
  async pay(_ctx: Context, cents: number): Promise<string> {
    return this.payments.call.charge(cents);
  }

  @Handler()
  async undo(_ctx: Context, cents: number): Promise<string> {
    return this.payments.call.refund(cents);
  }
}

@Injectable()
class Front {
  @InjectIngress(() => Payments) readonly payments!: IngressServiceClient<Payments>;
}

const shipping = iface.service('Shipping', { ship: iface.json<string, string>() });

@Injectable()
class Warehouse {
  constructor(@InjectClient(shipping) readonly client: ServiceClient<typeof shipping>) {}
}

@Injectable()
class Elsewhere {
  constructor(@InjectIngress(Payments, { connection: 'billing' }) readonly payments: IngressServiceClient<Payments>) {}
}

async function started(options: TestAppOptions): Promise<{ app: ReaTestApp; log: LogLines }> {
  const log = new LogLines();
  const app = await createTestApp({ ...options, configure: (nest) => nest.useLogger(log) });
  return { app, log };
}

describe('A client of a component that nobody serves is reported at the start', { meta: { claim: 'wiring' } }, () => {
  test('with its injection points: a constructor, a property, a contract', async () => {
    const { app, log } = await started({ providers: [Checkout, Front, Warehouse] });
    const lines = log.withCode('REA1096');
    expect(lines).toEqual([
      expect.stringContaining('the constructor of Checkout (parameter 1) injects a client of'),
      expect.stringContaining('the constructor of Warehouse (parameter 1) injects a client of'),
      expect.stringContaining('Front.payments injects a client of'),
    ]);
    expect(lines[0]).toMatch(new RegExp(`${app.namespace}\\.Payments.*List its class under the providers`));
    await app.close();
  });

  test('in a mounted application too, once it is registered', async () => {
    const { app, log } = await started({ providers: [Checkout], rea: { endpoint: { serve: 'mounted' } } });
    expect(log.withCode('REA1096')).toEqual([]);
    await app.app.listen(0);
    await expect.poll(() => log.withCode('REA1096')).toHaveLength(1);
    await app.close();
  });

  test('in an application that only calls', async () => {
    const { app, log } = await started({ providers: [Front], rea: { endpoint: false } });
    expect(log.withCode('REA1096')).toEqual([expect.stringContaining('Front.payments')]);
    await app.close();
  });

  test('of a class, where the server cannot be asked; a contract is made for other applications', async () => {
    const { app, log } = await started({
      providers: [Front, Warehouse],
      override: (builder) => builder,
      rea: { endpoint: false, registration: false },
    });
    expect(log.withCode('REA1096')).toHaveLength(2);
    await app.close();
  });

  test('and is not, when the application serves it, another one does, or it goes to another server', async () => {
    await using other = await createTestApp({ providers: [Payments] });
    const { namespace } = other;
    const own = await started({ providers: [Checkout, Front, Payments] });
    expect(own.log.withCode('REA1096')).toEqual([]);
    await own.app.close();
    const caller = await started({ providers: [Front], rea: { namespace, endpoint: false } });
    expect(caller.log.withCode('REA1096')).toEqual([]);
    await caller.app.close();
    const remote = await started({
      providers: [Elsewhere],
      rea: { endpoint: false },
      ingress: { connections: { billing: { url: 'http://127.0.0.1:1' } } },
    });
    expect(remote.log.withCode('REA1096')).toEqual([]);
    await remote.app.close();
  });

  test('and is not, when a test has replaced it', async () => {
    const stub = { call: { charge: async () => 'stub' } };
    const { app, log } = await started({
      providers: [Checkout, Front],
      override: (builder) =>
        builder
          .overrideProvider(getClientToken(Payments))
          .useValue(stub)
          .overrideProvider(getIngressToken(Payments))
          .useValue(stub),
    });
    expect(log.withCode('REA1096')).toEqual([]);
    expect(await app.ingress.service(Checkout).call.pay(1, once)).toBe('stub');
    await app.close();
  });
});

@Injectable()
class FakePayments {
  readonly #answer = 'fake';

  async charge(_ctx: Context, cents: number): Promise<string> {
    return `${this.#answer} ${cents}`;
  }

  async refund(): Promise<string> {
    return 'fake refund';
  }
}

describe('A component that a test overrides by its class', { meta: { claim: 'wiring' } }, () => {
  const STAND_INS: [string, (builder: ReturnType<Builder>) => ReturnType<Builder>, string][] = [
    [
      'useValue',
      (builder) =>
        builder
          .overrideProvider(Payments)
          .useValue({ charge: async (_ctx: Context, cents: number) => `stub ${cents}` }),
      'stub 3',
    ],
    ['useClass', (builder) => builder.overrideProvider(Payments).useClass(FakePayments), 'fake 3'],
    [
      'useFactory',
      (builder) => builder.overrideProvider(Payments).useFactory({ factory: () => new FakePayments() }),
      'fake 3',
    ],
    [
      'useClass with a subclass',
      (builder) =>
        builder.overrideProvider(Payments).useClass(
          class extends Payments {
            override async charge(): Promise<string> {
              return 'subclass';
            }
          },
        ),
      'subclass',
    ],
  ];

  test.each(STAND_INS)('is served by what stands in for it: %s', async (_how, override, answer) => {
    const { app, log } = await started({ providers: [Checkout, Payments], override });
    expect(log.withCode('REA1096')).toEqual([]);
    expect(await app.ingress.service(Checkout).call.pay(3, once)).toBe(answer);
    expect(await app.ingress.service(Payments).call.charge(3, once)).toBe(answer);
    await app.close();
  });

  test('fails terminally where the stub has no such method', async () => {
    const { app } = await started({
      providers: [Checkout, Payments],
      override: (builder) => builder.overrideProvider(Payments).useValue({ charge: async () => 'stub' }),
    });
    await expect(app.ingress.service(Checkout).call.undo(3, once)).rejects.toThrow(/REA1095: .*Payments.*refund/);
    await app.close();
  });

  test('stops the start where its guards would not run, and says what to override', async () => {
    @Injectable()
    class Deny implements CanActivate {
      canActivate(): boolean {
        return false;
      }
    }
    @Service()
    @UseGuards(Deny)
    class Guarded {
      @Handler()
      async ask(_ctx: Context): Promise<void> {}
    }
    await expect(
      started({
        providers: [Guarded],
        override: (builder) => builder.overrideProvider(Guarded).useValue({ ask: async () => undefined }),
      }),
    ).rejects.toThrow(/REA1017: Guarded has @UseGuards.*getClientToken\(Guarded\)/);
    @Injectable()
    @UseGuards(Deny)
    class Fake extends Guarded {}
    @Service({ name: 'Plain' })
    class Plain {
      @Handler()
      async ask(_ctx: Context): Promise<void> {}
    }
    await expect(
      started({
        providers: [Plain],
        override: (builder) => builder.overrideProvider(Plain).useClass(Fake),
      }),
    ).rejects.toThrow(/REA1017: Fake has @UseGuards/);
  });
});

test('A component in a lazily loaded module is reported when it is loaded', { meta: { claim: 'wiring' } }, async () => {
  const { app, log } = await started({ providers: [Checkout, Payments] });
  @Module({ providers: [Warehouse, FakePayments] })
  class PlainModule {}
  await app.app.get(LazyModuleLoader).load(() => PlainModule);
  expect(log.withCode('REA1097')).toEqual([]);
  @Service()
  class Late {
    @Handler()
    async ask(_ctx: Context): Promise<void> {}
  }
  @Module({ providers: [Late] })
  class LateModule {}
  await app.app.get(LazyModuleLoader).load(() => LateModule);
  await app.app.get(LazyModuleLoader).load(() => LateModule);
  expect(log.withCode('REA1097')).toEqual([
    expect.stringMatching(/Late is a component of LateModule.*Import LateModule/),
  ]);
  await app.close();
});

type Builder = () => Parameters<NonNullable<TestAppOptions['override']>>[0];
