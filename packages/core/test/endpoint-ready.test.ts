import {
  Controller,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  Scope,
} from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  Handler,
  type OnEndpointReady,
  ReaEvents,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { Ingress } from '@rea/ingress';
import { createTestApp, type ReaTestApp, sharedServer, type TestAppOptions } from '@rea/testing';
import type { Context, ObjectSharedContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

@Service()
class Nightly {
  @Handler()
  async start(_ctx: Context): Promise<string> {
    return 'started';
  }
}

@VirtualObject()
class Shelf {
  @Shared()
  async look(_ctx: ObjectSharedContext): Promise<string> {
    return 'empty';
  }
}

@Workflow({ workflowRetention: { days: 1 }, status: true })
class Flow {
  @WorkflowRun()
  async go(_ctx: WorkflowContext): Promise<string> {
    return 'done';
  }

  @WorkflowQuery()
  async step(_ctx: WorkflowSharedContext): Promise<string> {
    return 'first';
  }
}

type Attempt = (ingress: Ingress) => Promise<unknown>;

const timeout = 4_000;
const once = { idempotencyKey: false, timeout } as const;

/** Everything that waits for a handler of this application. */
const CALLS: readonly [string, Attempt][] = [
  ['a call', (ingress) => ingress.service(Nightly).call.start(undefined, once)],
  ['a call by name', (ingress) => ingress.generic('Nightly').call('start', undefined, once)],
  ['a call with a key', (ingress) => ingress.service(Nightly).call.start(undefined, { idempotencyKey: 'k', timeout })],
  ['a shared handler', (ingress) => ingress.object(Shelf).of('a').call.look(undefined, { timeout })],
  ['a query', (ingress) => ingress.workflow(Flow).of('a').query.step(undefined, { timeout })],
  ['a status', (ingress) => ingress.workflow(Flow).of('a').status({ timeout })],
  ['attach to a workflow', (ingress) => ingress.workflow(Flow).of('a').attach({ timeout })],
  ['attach to a call', (ingress) => ingress.service(Nightly).attach.start('k', { timeout })],
];

/** What Restate only stores. */
const SENDS: readonly [string, Attempt][] = [
  ['a message', (ingress) => ingress.service(Nightly).send.start(undefined, { idempotencyKey: 'k', timeout })],
  ['a message by name', (ingress) => ingress.generic('Nightly').send('start', undefined, once)],
  ['a submission', (ingress) => ingress.workflow(Flow).of('sent').submit(undefined, { timeout })],
];

/** What the hooks of a test do, and what came of it. */
let attempts: { hook: string; attempt: Attempt }[] = [];
let outcomes: unknown[] = [];
let log: string[] = [];

@Injectable()
class Seeder implements OnModuleInit, OnApplicationBootstrap, OnEndpointReady, OnModuleDestroy {
  constructor(@Inject(Ingress) private readonly ingress: Ingress) {}

  onModuleInit = () => this.run('onModuleInit');
  onApplicationBootstrap = () => this.run('onApplicationBootstrap');
  onEndpointReady = () => this.run('onEndpointReady');
  onModuleDestroy = () => this.run('onModuleDestroy');

  private async run(hook: string): Promise<void> {
    for (const { attempt } of attempts.filter((one) => one.hook === hook)) {
      outcomes.push(await attempt(this.ingress).catch((error: unknown) => error));
    }
  }
}

const open: ReaTestApp[] = [];
beforeEach(() => {
  [attempts, outcomes, log] = [[], [], []];
});
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function start(options: TestAppOptions = {}): Promise<ReaTestApp> {
  const { providers = [], ...rest } = options;
  const app = await createTestApp({ providers: [Nightly, Shelf, Flow, Seeder, ...providers], ...rest });
  open.push(app);
  return app;
}

async function stop(app: ReaTestApp): Promise<void> {
  open.splice(open.indexOf(app), 1);
  await app.close();
}

describe('A call of an own component while the endpoint is closed', { meta: { claim: 'not-serving' } }, () => {
  const hooks = ['onModuleInit', 'onApplicationBootstrap'];
  const early = hooks.flatMap((hook) => [...CALLS, ...SENDS].map(([what, attempt]) => ({ hook, what, attempt })));

  test.each(early)('$what in $hook is refused with the cure', async ({ hook, attempt }) => {
    attempts = [{ hook, attempt }];
    await start();
    expect(outcomes).toEqual([expect.objectContaining({ code: 'REA6050', status: 503 })]);
    expect((outcomes[0] as Error).message).toContain('onEndpointReady()');
  });

  test.each([...CALLS.slice(0, 6), ...SENDS])('%s in onEndpointReady works', async (_what, attempt) => {
    attempts = [{ hook: 'onEndpointReady', attempt }];
    await start();
    expect(outcomes).toHaveLength(1);
    // A status that nobody has reported yet is an answer of the handler.
    expect(outcomes[0]).not.toMatchObject({ code: 'REA6050' });
    expect(outcomes[0]).not.toMatchObject({ source: 'transport' });
  });

  test('is refused as on the first start when Restate has known the component for long', async () => {
    const rea = { namespace: `again${process.pid}${Date.now()}` };
    attempts = [];
    const first = await start({ rea });
    await stop(first);
    attempts = [CALLS[0]!, SENDS[0]!].map(([, attempt]) => ({ hook: 'onApplicationBootstrap', attempt }));
    await start({ rea });
    expect(outcomes).toEqual([
      expect.objectContaining({ code: 'REA6050' }),
      expect.objectContaining({ code: 'REA6050' }),
    ]);
  });

  test.each(CALLS)('%s in onModuleDestroy is refused instead of waiting for ever', async (_what, attempt) => {
    const app = await start();
    attempts = [{ hook: 'onModuleDestroy', attempt }];
    await stop(app);
    expect(outcomes).toEqual([expect.objectContaining({ code: 'REA6052', status: 503 })]);
  });

  test.each(SENDS)('%s in onModuleDestroy is kept for the next process', async (_what, attempt) => {
    const app = await start();
    attempts = [{ hook: 'onModuleDestroy', attempt }];
    await stop(app);
    expect(outcomes).toEqual([expect.objectContaining({ accepted: true })]);
  });

  test('leaves components of other applications alone, and those of a process that serves none', async () => {
    const other = await start();
    attempts = [{ hook: 'onApplicationBootstrap', attempt: CALLS[0]![1] }];
    await start({ rea: { namespace: other.namespace, endpoint: false } });
    expect(outcomes).toEqual(['started']);
    const { ingressUrl } = await sharedServer();
    attempts = [
      {
        hook: 'onApplicationBootstrap',
        attempt: (ingress) => ingress.connection('other').service(Nightly).call.start(undefined, once),
      },
    ];
    await start({ ingress: { connections: { other: { url: ingressUrl, namespace: other.namespace } } } });
    expect(outcomes).toEqual(['started', 'started']);
  });
});

@Injectable()
class Deep implements OnEndpointReady {
  async onEndpointReady(): Promise<void> {
    await Promise.resolve();
    log.push('deep');
  }
}

@Module({ providers: [Deep], exports: [Deep] })
class DeepModule implements OnEndpointReady {
  onEndpointReady(): void {
    log.push('DeepModule');
  }
}

@Injectable()
class Root implements OnEndpointReady {
  onEndpointReady(): void {
    log.push('root');
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest implements OnEndpointReady {
  onEndpointReady(): void {
    log.push('never: a request-scoped provider');
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Copied implements OnEndpointReady {
  onEndpointReady(): void {
    log.push('a copy');
  }
}

@Injectable()
class HasCopy {
  constructor(readonly copy: Copied) {}
}

@Controller()
class Front implements OnEndpointReady {
  onEndpointReady(): void {
    log.push('controller');
  }
}

const Value = { onEndpointReady: () => log.push('value') };

describe('onEndpointReady', { meta: { claim: 'not-serving' } }, () => {
  const members: TestAppOptions = {
    imports: [DeepModule],
    controllers: [Front],
    providers: [
      Root,
      PerRequest,
      Copied,
      HasCopy,
      { provide: 'value', useValue: Value },
      { provide: 'alias', useExisting: Root },
      { provide: 'nothing', useValue: null },
    ],
  };

  test('is called once for each instance, in the order of the hooks of Nest, when the components can be called', async () => {
    const app = await createTestApp({
      ...members,
      providers: [Nightly, ...members.providers!],
      override: (builder) => builder,
    });
    open.push(app);
    expect(log.slice(0, 2)).toEqual(['deep', 'DeepModule']);
    expect(log.toSorted()).toEqual(['DeepModule', 'a copy', 'controller', 'deep', 'root', 'value']);
  });

  test.each(['express', 'fastify'])(
    'of a mounted endpoint is called once the front listens, on %s',
    async (adapter) => {
      attempts = [{ hook: 'onEndpointReady', attempt: CALLS[0]![1] }];
      const ready = Promise.withResolvers<void>();
      const app = await start({
        rea: { endpoint: { serve: 'mounted' } },
        providers: [{ provide: 'last', useValue: { onEndpointReady: () => void setImmediate(ready.resolve) } }],
        ...(adapter === 'fastify' ? { httpAdapter: new FastifyAdapter() } : {}),
      });
      expect(outcomes).toEqual([]);
      await expect(CALLS[0]![1](app.ingress)).rejects.toMatchObject({ code: 'REA6050' });
      await app.app.listen(0, '127.0.0.1');
      await ready.promise;
      await expect.poll(() => outcomes).toEqual(['started']);
    },
  );

  test.each([
    ['endpoint: false', { endpoint: false }],
    ['registration: false', { registration: false }],
    ['a manual endpoint', { endpoint: { serve: 'manual' } }],
  ] as const)('is called at the end of the bootstrap with %s', async (_what, rea) => {
    open.push(await createTestApp({ providers: [Nightly, Root], rea }));
    expect(log).toEqual(['root']);
  });

  test('is called in an application without components', async () => {
    open.push(await createTestApp({ providers: [Root] }));
    expect(log).toEqual(['root']);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('seeding failed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('seeding failed'))],
  ])('that %s fails the bootstrap, and the endpoint closes', async (_how, onEndpointReady) => {
    let url: string | undefined;
    const failing = createTestApp({
      providers: [
        Nightly,
        {
          provide: 'failing',
          useFactory: (events: ReaEvents) => {
            events.on('registered', (event) => {
              url = event.uri;
            });
            return { onEndpointReady };
          },
          inject: [ReaEvents],
        },
      ],
    });
    await expect(failing).rejects.toThrow('seeding failed');
    await expect(fetch(url!)).rejects.toThrow('fetch failed');
  });
});
