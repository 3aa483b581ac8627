import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Controller, Get } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Handler, ReaRuntime, Service } from '@rea/core';
import { OpenDeadLetters } from '@rea/core/internal';
import { ObservabilityModule, ReaHealth } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { RestateServer } from '@rea/server';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }
}

@Controller()
class Health {
  constructor(
    private readonly health: HealthCheckService,
    private readonly rea: ReaHealth,
  ) {}

  @Get('health')
  @HealthCheck()
  check() {
    return this.health.check([
      () => this.rea.server(),
      () => this.rea.endpoint(),
      () => this.rea.registration(),
      () => this.rea.deadLetters({ max: 2 }),
    ]);
  }
}

/** What the application says of its dead letters. */
const deadLetters = { open: 0, count: async () => deadLetters.open };

const parts = {
  imports: [TerminusModule, SagaModule.forRoot(), ObservabilityModule.forRoot({ health: { timeout: 500 } })],
  providers: [Greeter],
  controllers: [Health],
};

async function ask(app: INestApplication): Promise<{ code: number; status: string; details: Record<string, unknown> }> {
  const response = await fetch(`${await app.getUrl()}/health`);
  const { status, details } = (await response.json()) as { status: string; details: Record<string, unknown> };
  return { code: response.status, status, details };
}

describe('While all is well, and something else is not', () => {
  let app: ReaTestApp;
  let health: ReaHealth;
  beforeAll(async () => {
    app = await createTestApp({
      ...parts,
      override: (builder) => builder.overrideProvider(OpenDeadLetters).useValue(deadLetters),
    });
    await app.app.listen(0);
    health = app.get(ReaHealth);
  });
  afterAll(() => app?.close());

  test('everything is up', async () => {
    deadLetters.open = 2;
    expect(await ask(app.app)).toEqual({
      code: 200,
      status: 'ok',
      details: {
        restate: { status: 'up' },
        endpoint: { status: 'up' },
        registration: { status: 'up' },
        deadLetters: { status: 'up', open: 2 },
      },
    });
  });

  test('too many dead letters are degraded, or down where that is what they are', async () => {
    deadLetters.open = 3;
    const message = 'There are 3 open dead letters, more than 2.';
    const { code, details } = await ask(app.app);
    expect([code, details['deadLetters']]).toEqual([200, { status: 'degraded', open: 3, message }]);
    const down = await health.deadLetters({ max: 2, above: 'down' }, 'letters');
    expect(down).toEqual({ letters: { status: 'down', open: 3, message } });
    // By default one is enough.
    deadLetters.open = 1;
    const one = 'There is 1 open dead letter, more than 0.';
    expect(await health.deadLetters()).toEqual({ deadLetters: { status: 'degraded', open: 1, message: one } });
  });

  test('dead letters that cannot be counted in time are down', async () => {
    const { count } = deadLetters;
    deadLetters.count = () => new Promise(() => {});
    const message = 'There is no answer within 500 ms.';
    expect(await health.deadLetters({ max: 2 })).toEqual({ deadLetters: { status: 'down', message } });
    deadLetters.count = count;
  });

  test('an endpoint that drains is down', async () => {
    await app.get(ReaRuntime).drain();
    expect(await health.endpoint()).toEqual({ endpoint: { status: 'down', message: 'The endpoint is not open.' } });
    expect((await ask(app.app)).code).toBe(503);
  });
});

test('a server that has stopped is down, and so is what only it can tell', async () => {
  const server = await RestateServer.start();
  await using app = await createTestApp({ ...parts, server });
  await app.app.listen(0);
  expect((await ask(app.app)).code).toBe(200);
  await server.stop();
  const { code, details } = await ask(app.app);
  expect(code).toBe(503);
  expect(details).toMatchObject({
    restate: { status: 'down', message: `${server.ingressUrl}/restate/health does not answer.` },
    endpoint: { status: 'up' },
    registration: { status: 'down' },
    deadLetters: { status: 'down' },
  });
});

test('an application that the server has forgotten is down', async () => {
  await using app = await createTestApp(parts);
  const health = app.get<ReaHealth>(ReaHealth);
  expect(await health.registration()).toEqual({ registration: { status: 'up' } });
  const { adminUrl } = await sharedServer();
  const response = await fetch(`${adminUrl}/deployments`);
  const { deployments } = (await response.json()) as { deployments: { id: string; uri: string }[] };
  const { endpointUrl } = app.get<ReaRuntime>(ReaRuntime);
  const { id } = deployments.find(({ uri }) => uri === `${endpointUrl}/`)!;
  await fetch(`${adminUrl}/deployments/${id}?force=true`, { method: 'DELETE' });
  const message = `The server does not know ${endpointUrl}.`;
  expect(await health.registration()).toEqual({ registration: { status: 'down', message } });
});

describe('A handler that the server does not know is down', () => {
  @Service({ name: 'Greeter' })
  class NextGreeter {
    @Handler()
    async greet(_ctx: Context, name: string): Promise<string> {
      return `Good day, ${name}`;
    }

    @Handler()
    async part(_ctx: Context): Promise<void> {}
  }

  let before: ReaTestApp;
  beforeAll(async () => {
    before = await createTestApp(parts);
  });
  afterAll(() => before?.close());

  test.each([
    ['the schema that it has of the same address is an older one', true],
    ['others register, and have registered an older schema', false],
  ])('when %s', async (_when, isSameAddress) => {
    const { namespace } = before;
    const { endpointUrl = '' } = before.get<ReaRuntime>(ReaRuntime);
    await using app = await createTestApp({
      imports: [ObservabilityModule.forRoot()],
      providers: [NextGreeter],
      rea: { namespace, registration: false, ...(isSameAddress ? { endpoint: { advertisedUrl: endpointUrl } } : {}) },
    });
    const message = `The server does not know ${namespace}.Greeter/part.`;
    expect(await app.get<ReaHealth>(ReaHealth).registration()).toEqual({ registration: { status: 'down', message } });
  });

  test('and up when they have registered all of them', async () => {
    const { namespace } = before;
    await using app = await createTestApp({
      imports: [ObservabilityModule.forRoot()],
      providers: [Greeter],
      rea: { namespace, registration: false },
    });
    expect(await app.get<ReaHealth>(ReaHealth).registration()).toEqual({ registration: { status: 'up' } });
  });
});

test('both addresses of the server are asked at once, so that they take one timeout together', async () => {
  const asked: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    if (asked.push(response) === 2) for (const each of asked) each.end(); // neither before the other
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  {
    await using app = await createTestApp({
      imports: [ObservabilityModule.forRoot()],
      rea: { registration: false },
      server: { ingressUrl: url, adminUrl: url },
    });
    expect(await app.get<ReaHealth>(ReaHealth).server()).toEqual({ restate: { status: 'up' } });
  }
  server.close();
});

test('dead letters of an application without sagas are a mistake, and said to be one', async () => {
  await using app = await createTestApp({ imports: [ObservabilityModule.forRoot()], providers: [Greeter] });
  await expect(app.get<ReaHealth>(ReaHealth).deadLetters({ max: 0 })).rejects.toMatchObject({ code: 'REA1073' });
});
