import { Module } from '@nestjs/common';
import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import {
  Handler,
  ReaExplorer,
  type ReaIntrospection,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

@Service({ inactivityTimeout: 1_000 })
class Mail {
  @Handler({ input: z.object({ to: z.string() }), ingressPrivate: true })
  async send(_ctx: Context, _mail: { to: string }): Promise<void> {}
}

@Service({ plane: 'control' })
class Planner {
  @Handler()
  async plan(_ctx: Context): Promise<void> {}
}

@VirtualObject()
class Stock {
  @Handler()
  async reserve(_ctx: ObjectContext): Promise<void> {}
  @Shared()
  async level(_ctx: ObjectSharedContext): Promise<number> {
    return 0;
  }
  @Shared()
  async cheat(ctx: ObjectSharedContext): Promise<void> {
    (ctx as ObjectContext).set('level', 1);
  }
}

@Workflow({ retention: 'standard' })
class Order {
  @WorkflowRun()
  async place(_ctx: WorkflowContext): Promise<void> {}
  @WorkflowQuery()
  async status(_ctx: WorkflowSharedContext): Promise<string> {
    return '';
  }
}

@Module({ providers: [Mail, Planner, Stock, Order] })
class ShopModule {}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [ShopModule],
    rea: { introspectionPath: '/internal/rea', components: { Mail: { handlers: { send: { abortTimeout: 5_000 } } } } },
    configure: (nest) => nest.setGlobalPrefix('api'),
  });
});
afterAll(() => app?.close());

test('the explorer tells components, handlers, planes, schemas and options in force', async () => {
  const components = await app.get(ReaExplorer).components();
  const mail = components.find(({ className }) => className === 'Mail');
  expect(mail).toMatchObject({
    name: `${app.namespace}.Mail`,
    kind: 'service',
    module: 'ShopModule',
    options: { inactivityTimeout: 1_000 },
    handlers: [
      {
        name: 'send',
        method: 'send',
        kind: 'handler',
        plane: 'data',
        input: { type: 'object', properties: { to: { type: 'string' } } },
        options: { ingressPrivate: true, abortTimeout: 5_000 },
      },
    ],
  });
  const planes = components.flatMap(({ className, handlers }) =>
    handlers.map(({ name, plane }) => `${className}/${name} ${plane}`),
  );
  expect(planes).toEqual([
    'Mail/send data',
    'Planner/plan control',
    'Stock/reserve control',
    'Stock/level data',
    'Stock/cheat data',
    'Order/run control',
    'Order/status data',
  ]);
});

test('the route answers the same as JSON, with guardrail findings, outside the global prefix', async () => {
  await app.app.listen(0, '127.0.0.1');
  await expect(app.ingress.object(Stock).of('k').call.cheat()).rejects.toThrow(/REA2002/);
  const response = await fetch(`${await app.app.getUrl()}/internal/rea`);
  const body = (await response.json()) as ReaIntrospection;
  expect(body.components).toEqual(JSON.parse(JSON.stringify(await app.get(ReaExplorer).components())));
  expect(body.findings).toMatchObject([{ rule: { id: 'shared-write' }, place: 'Stock/cheat', refused: true }]);
});
