import { Controller, Get, Injectable, Module, Param, type Type } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  getClientToken,
  Handler,
  InjectClient,
  ReaModule,
  Service,
  type ServiceClient,
  VirtualObject,
  type Restored,
} from '@rea/core';
import {
  getIngressToken,
  Ingress,
  IngressModule,
  type IngressObjectClient,
  type IngressOptionsFactory,
  type IngressServiceClient,
  InjectIngress,
} from '@rea/ingress';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { type Context, iface, type ObjectContext, type Serde } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const once = { idempotencyKey: false } as const;

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}

@VirtualObject()
class Counter {
  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    const count = ((await ctx.get<number>('count')) ?? 0) + by;
    ctx.set('count', count);
    return count;
  }
}

/** The greeter, known by its contract only. */
const greeterContract = iface.service('Greeter', { greet: iface.json<string, string>() });

/** Calls the greeter from a handler. */
@Service()
class Relay {
  constructor(@InjectClient(Greeter) private readonly greeter: ServiceClient<Greeter>) {}

  @Handler()
  async relay(_ctx: Context, name: string): Promise<string> {
    return `${await this.greeter.call.greet(name)}!`;
  }
}

@Controller()
class Front {
  @InjectIngress(Greeter) private readonly byProperty!: IngressServiceClient<Greeter>;

  constructor(
    @InjectIngress(Greeter) private readonly greeter: IngressServiceClient<Greeter>,
    @InjectIngress(() => Counter) private readonly counters: IngressObjectClient<Counter>,
    @InjectIngress(greeterContract) private readonly byContract: IngressServiceClient<typeof greeterContract>,
    @InjectIngress(() => greeterContract) private readonly byThunk: IngressServiceClient<typeof greeterContract>,
    @InjectIngress(Relay) private readonly relays: IngressServiceClient<Relay>,
  ) {}

  @Get('class/:name')
  byClass(@Param('name') name: string) {
    return this.greeter.call.greet(name, once);
  }

  @Get('property/:name')
  ofProperty(@Param('name') name: string) {
    return this.byProperty.call.greet(name, once);
  }

  @Get('contract/:name')
  ofContract(@Param('name') name: string) {
    return this.byContract.call.greet(name, once);
  }

  @Get('thunk/:name')
  ofThunk(@Param('name') name: string) {
    return this.byThunk.call.greet(name, once);
  }

  @Get('count/:key')
  async count(@Param('key') key: string) {
    return String(await this.counters.of(key).call.add(1, once));
  }

  @Get('relay/:name')
  relay(@Param('name') name: string) {
    return this.relays.call.relay(name, once);
  }
}

@Module({ controllers: [Front] })
class FrontModule {}

@Module({ providers: [Greeter, Counter, Relay] })
class ComponentsModule {}

async function front(app: ReaTestApp): Promise<(path: string) => Promise<string>> {
  await app.app.listen(0, '127.0.0.1');
  const url = await app.app.getUrl();
  return async (path) => (await fetch(`${url}/${path}`)).text();
}

describe('@InjectIngress', () => {
  let app: ReaTestApp;
  let get: (path: string) => Promise<string>;
  beforeAll(async () => {
    app = await createTestApp({ imports: [FrontModule, ComponentsModule] });
    get = await front(app);
  });
  afterAll(() => app?.close());

  test.each([
    ['a class', 'class/Ada', 'Hello, Ada'],
    ['a property', 'property/Ada', 'Hello, Ada'],
    ['a contract', 'contract/Ada', 'Hello, Ada'],
    ['a thunk of a contract', 'thunk/Ada', 'Hello, Ada'],
    ['a thunk of a class, an object', 'count/a', '1'],
    ['what itself injects a durable client', 'relay/Ada', 'Hello, Ada!'],
  ])('gives a controller the client of %s', async (_what, path, answer) => {
    expect(await get(path)).toBe(answer);
  });

  test('gives all who ask for a target the same client, by its token too', () => {
    expect(app.get(getIngressToken(Greeter))).toBe(app.get(getIngressToken(() => Greeter)));
    expect(app.get(getIngressToken(Greeter))).not.toBe(app.get(getIngressToken(Counter)));
    expect(getIngressToken(Greeter)).not.toBe(getClientToken(Greeter));
  });

  test('gives a client to a module that is loaded lazily, also of a target that nobody injected before', async () => {
    @Injectable()
    class Late {
      constructor(@InjectIngress(Relay) readonly relays: IngressServiceClient<Relay>) {}
    }
    const lateContract = iface.service('Greeter', { greet: iface.json<string, string>() });
    @Injectable()
    class Later {
      constructor(@InjectIngress(lateContract) readonly greeter: IngressServiceClient<typeof lateContract>) {}
    }
    @Module({ providers: [Late, Later] })
    class LateModule {}
    const loaded = await app.app.get(LazyModuleLoader).load(() => LateModule);
    expect(await loaded.get(Late).relays.call.relay('late', once)).toBe('Hello, late!');
    expect(await loaded.get(Later).greeter.call.greet('later', once)).toBe('Hello, later');
  });
});

describe('The order of imports', () => {
  const rea = async () =>
    ReaModule.forRoot({
      server: await sharedServer(),
      endpoint: { port: 0, host: '127.0.0.1' },
      namespace: `order${process.pid}`,
    });

  test.each([
    ['ReaModule, IngressModule, front', [0, 1, 2]],
    ['front, IngressModule, ReaModule', [2, 1, 0]],
    ['IngressModule, front, ReaModule', [1, 2, 0]],
  ])('is irrelevant: %s', async (_order, order) => {
    const modules = [await rea(), IngressModule.forRoot(), FrontModule];
    const module = await Test.createTestingModule({
      imports: order.map((index) => modules[index]!),
      providers: [Greeter, Counter, Relay],
    }).compile();
    const nest = module.createNestApplication();
    await nest.listen(0, '127.0.0.1');
    try {
      expect(await (await fetch(`${await nest.getUrl()}/relay/Ada`)).text()).toBe('Hello, Ada!');
    } finally {
      await nest.close();
    }
  });
});

describe('overrideProvider', () => {
  test('replaces an ingress client by its token, and no other', async () => {
    const stand = { call: { greet: (name: string) => Promise.resolve(`stand-in for ${name}`) } };
    await using app = await createTestApp({
      imports: [FrontModule, ComponentsModule],
      override: (builder) => builder.overrideProvider(getIngressToken(Greeter)).useValue(stand),
    });
    const get = await front(app);
    expect(await get('class/Ada')).toBe('stand-in for Ada');
    expect(await get('property/Ada')).toBe('stand-in for Ada');
    expect(await get('contract/Ada')).toBe('Hello, Ada');
    expect(await get('relay/Ada')).toBe('Hello, Ada!');
  });

  test('replaces a durable client by its token, and no other', async () => {
    const stand = { call: { greet: (name: string) => Promise.resolve(`stand-in for ${name}`) } };
    await using app = await createTestApp({
      imports: [FrontModule, ComponentsModule],
      override: (builder) => builder.overrideProvider(getClientToken(Greeter)).useValue(stand),
    });
    const get = await front(app);
    expect(await get('relay/Ada')).toBe('stand-in for Ada!');
    expect(await get('class/Ada')).toBe('Hello, Ada');
  });
});

describe('IngressModule without ReaModule', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Greeter, Counter] });
  });
  afterAll(() => app?.close());

  const withModule = async (
    definition: ReturnType<typeof IngressModule.forRoot>,
    use: (module: TestingModule) => Promise<void>,
    controllers: Type[] = [],
  ) => {
    const module = await Test.createTestingModule({ imports: [definition], controllers }).compile();
    try {
      await use(module);
    } finally {
      await module.close();
    }
  };
  const remote = () => iface.service(`${app.namespace}.Greeter`, { greet: iface.json<string, string>() });
  const expectGreetingBy = (definition: ReturnType<typeof IngressModule.forRoot>) =>
    withModule(definition, async (module) => {
      expect(await module.get(Ingress).service(remote()).call.greet('far', once)).toBe('Hello, far');
    });

  test('calls the server at its url, with or without a slash at the end', async () => {
    const { ingressUrl: url } = await sharedServer();
    for (const given of [url, `${url}/`]) await expectGreetingBy(IngressModule.forRoot({ url: given }));
  });

  test('injects clients into its controllers', async () => {
    const contract = remote();
    @Controller()
    class Remote {
      constructor(@InjectIngress(contract) readonly greeter: IngressServiceClient<typeof contract>) {}
    }
    await withModule(
      IngressModule.forRoot({ url: (await sharedServer()).ingressUrl }),
      async (module) => {
        expect(await module.get(Remote).greeter.call.greet('far', once)).toBe('Hello, far');
      },
      [Remote],
    );
  });

  test('takes its options from a factory, a class or an existing provider', async () => {
    const { ingressUrl: url } = await sharedServer();
    @Injectable()
    class Options implements IngressOptionsFactory {
      async createIngressOptions() {
        return { url };
      }
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    for (const definition of [
      IngressModule.forRootAsync({ useFactory: () => ({ url }) }),
      IngressModule.forRootAsync({ useFactory: async () => ({ url }) }),
      IngressModule.forRootAsync({ useClass: Options }),
      IngressModule.forRootAsync({ imports: [OptionsModule], useExisting: Options }),
    ]) {
      await expectGreetingBy(definition);
    }
  });

  test('without a url is refused, naming the option and the cure', async () => {
    await expect(Test.createTestingModule({ imports: [IngressModule.forRoot()] }).compile()).rejects.toMatchObject({
      code: 'REA1001',
      message: expect.stringMatching(/url of IngressModule.*ReaModule.*forRoot\(\{ url \}\)/),
    });
  });

  test('sends its headers with every request', async () => {
    const seen: string[] = [];
    const { createServer } = await import('node:http');
    const recorder = createServer((request, response) => {
      seen.push(String(request.headers.authorization));
      response.setHeader('content-type', 'application/json').end('"recorded"');
    });
    await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
    const { port } = recorder.address() as import('node:net').AddressInfo;
    const definition = IngressModule.forRoot({
      url: `http://127.0.0.1:${port}`,
      headers: { authorization: 'Bearer secret' },
    });
    await withModule(definition, async (module) => {
      const { call } = module.get(Ingress).service(remote());
      expect(await call.greet('a', once)).toBe('recorded');
      expect(await call.greet('b', { ...once, headers: { 'x-other': '1' } })).toBe('recorded');
    });
    recorder.close();
    expect(seen).toEqual(['Bearer secret', 'Bearer secret']);
  });
});

/** Dates, which JSON does not keep. */
const dates: Serde<Date> = {
  contentType: 'application/x-date',
  serialize: (date) => new TextEncoder().encode(date.toISOString()),
  deserialize: (data) => new Date(new TextDecoder().decode(data)),
};

describe('A serde of its own', () => {
  @Service()
  class Calendar {
    @Handler({ input: dates, output: dates })
    async nextDay(_ctx: Context, day: Date): Promise<Restored<Date>> {
      return new Date(day.getTime() + 86_400_000);
    }

    /** A JSON handler as far as the handler knows: the caller may say otherwise. */
    @Handler({ accept: '*/*' })
    async plain(_ctx: Context, text: string): Promise<string> {
      return text;
    }
  }

  @Service()
  class Planner {
    constructor(@InjectClient(Calendar) private readonly calendar: ServiceClient<Calendar>) {}

    @Handler({ input: dates, output: dates })
    async inTwoDays(_ctx: Context, day: Date): Promise<Restored<Date>> {
      const next = await this.calendar.call.nextDay(day);
      if (!(next instanceof Date)) throw new Error('The durable client does not know the format.');
      return this.calendar.call.nextDay(next);
    }
  }

  test('of a handler is that of its ingress clients and of its durable clients', async () => {
    await using app = await createTestApp({ providers: [Calendar, Planner] });
    const day = new Date('2026-01-01T00:00:00.000Z');
    expect(await app.ingress.service(Calendar).call.nextDay(day, once)).toEqual(new Date('2026-01-02T00:00:00.000Z'));
    expect(await app.ingress.service(Planner).call.inTwoDays(day, once)).toEqual(new Date('2026-01-03T00:00:00.000Z'));
    const sent = await app.ingress.service(Calendar).send.nextDay(day, { idempotencyKey: 'sent' });
    expect(await sent.result()).toEqual(new Date('2026-01-02T00:00:00.000Z'));
  });

  test('given with a call is used for that call', async () => {
    await using app = await createTestApp({ providers: [Calendar] });
    const upper: Serde<string> = {
      contentType: 'application/json',
      serialize: (text) => new TextEncoder().encode(JSON.stringify(text.toUpperCase())),
      deserialize: (data) => `<${new TextDecoder().decode(data)}>`,
    };
    const { plain } = app.ingress.service(Calendar).call;
    expect(await plain('x', { ...once, input: upper as never })).toBe('X');
    expect(await plain('x', { ...once, output: upper })).toBe('<"x">');
    expect(await plain('x', once)).toBe('x');
  });
});
