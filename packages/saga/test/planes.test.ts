import { Handler, type Plane, PolicyService, ReaEvents, Service, type Violation } from '@rea/core';
import { DeclaredSaga, SagaHandler, SagaModule, Sagas, SagaStep } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const once = { idempotencyKey: false } as const;

@DeclaredSaga({ name: 'declared' })
class Declared {
  @SagaStep({ irreversible: true })
  async note(_ctx: Context, input: string): Promise<string> {
    return input;
  }
}

function onPlane(plane: Plane | undefined) {
  @Service({ name: `Saga_${plane ?? 'any'}`, ...(plane ? { plane } : {}) })
  class OnPlane {
    constructor(private readonly sagas: Sagas) {}

    @Handler()
    async run(ctx: Context): Promise<string> {
      return this.sagas.run(ctx, 'inline', async () => 'done');
    }

    @Handler()
    async execute(ctx: Context): Promise<string> {
      const { note } = await this.sagas.execute(ctx, Declared, 'done');
      return note;
    }

    @Handler()
    @SagaHandler({ name: 'whole' })
    async whole(_ctx: Context): Promise<string> {
      return 'done';
    }

    @Handler()
    async cancel(ctx: Context): Promise<string> {
      // Of an invocation that has ended long ago: nothing happens.
      this.sagas.cancel(ctx, 'inv_1fJzKhnxCRgq4S9LytAQ8QMbqPTkkyjUmL');
      return 'done';
    }
  }
  return OnPlane;
}

const components = { data: onPlane('data'), control: onPlane('control'), any: onPlane(undefined) };

let app: ReaTestApp;
const found: Violation[] = [];
beforeAll(async () => {
  app = await createTestApp({
    imports: [SagaModule.forRoot({ supervisor: false })],
    providers: [Declared, ...Object.values(components)],
  });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
});
afterAll(() => app?.close());
beforeEach(() => {
  found.length = 0;
});

const VERBS = [
  ['run', 'sagas.run("inline")'],
  ['execute', 'sagas.run("declared")'],
  ['whole', 'sagas.run("whole")'],
  ['cancel', 'sagas.cancel()'],
] as const;

describe('On the data plane', { meta: { claim: 'planes' } }, () => {
  test.each(VERBS)('%s is refused in mode strict', async (verb, what) => {
    app.get(PolicyService).set('strict', 'plane');
    await expect(app.ingress.service(components.data).call[verb](undefined, once)).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2009', message: expect.stringContaining(`${what} on the data plane in Saga_data/${verb}`) },
    });
  });

  test.each(VERBS)('%s is reported in mode warn, and goes on', async (verb, what) => {
    app.get(PolicyService).set('warn', 'plane');
    expect(await app.ingress.service(components.data).call[verb](undefined, once)).toBe('done');
    expect(found).toContainEqual(expect.objectContaining({ what: `${what} on the data plane`, refused: false }));
  });

  test.each(VERBS)('%s is not looked at in mode disabled', async (verb) => {
    app.get(PolicyService).set('disabled', 'plane');
    expect(await app.ingress.service(components.data).call[verb](undefined, once)).toBe('done');
    expect(found).toEqual([]);
  });
});

describe.each(['control', 'any'] as const)('On the plane %s', { meta: { claim: 'planes' } }, (plane) => {
  test.each(VERBS)('%s is fine in mode strict', async (verb) => {
    app.get(PolicyService).set('strict', 'plane');
    expect(await app.ingress.service(components[plane]).call[verb](undefined, once)).toBe('done');
    expect(found).toEqual([]);
  });
});
