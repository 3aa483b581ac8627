import { Injectable } from '@nestjs/common';
import { BadRequestException } from '@nestjs/common';
import type { Context, ObjectContext, ObjectSharedContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { all, Handler, InjectClient, type ObjectClient, promise, promiseKey, run, Service, type ServiceClient, Shared, state, stateKey, VirtualObject, Workflow, type WorkflowClient, WorkflowQuery, WorkflowRun, WorkflowSignal } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';

@Injectable()
class Greetings { text = 'Hello'; }

@VirtualObject()
class Counter {
  static readonly count = stateKey<number>('count', { schema: z.number(), default: () => 0 });
  @Handler({ input: z.number() })
  async add(ctx: ObjectContext, n: number): Promise<number> { return state(ctx, Counter.count).update((c) => c + n); }
  @Shared()
  async get(ctx: ObjectSharedContext): Promise<number> { return state(ctx, Counter.count).get(); }
  @Shared()
  async cheat(ctx: ObjectSharedContext): Promise<void> { (ctx as ObjectContext).set('count', 5); }
}

@Service()
class Greeter {
  constructor(private readonly greetings: Greetings, @InjectClient(() => Counter) private readonly counters: ObjectClient<Counter>) {}
  @Handler()
  async greet(ctx: Context, name: string): Promise<string> {
    const [n, key] = await all(ctx, [this.counters.of(name).call.add(1), run(ctx, 'x', ({ idempotencyKey }) => idempotencyKey)]);
    return `${this.greetings.text}, ${name} ${n} ${key === `${ctx.request().id}/x/1`}`;
  }
  @Handler()
  async bad(ctx: Context): Promise<void> { await run(ctx, 'outer', async () => { await this.counters.of('x').call.add(1); }); }
  @Handler()
  async refuse(ctx: Context): Promise<void> { throw new BadRequestException('no way'); }
}
@Workflow()
class Flow {
  static readonly ok = promiseKey<string>('ok');
  @WorkflowRun() async go(ctx: WorkflowContext, n: number): Promise<string> { return `${n} ${await promise(ctx, Flow.ok).get()}`; }
  @WorkflowSignal() async approve(ctx: WorkflowSharedContext, by: string): Promise<void> { await promise(ctx, Flow.ok).resolve(by); }
  @WorkflowQuery() async peek(ctx: WorkflowSharedContext): Promise<string> { return (await promise(ctx, Flow.ok).peek()) ?? 'open'; }
}
@Service()
class Starter {
  constructor(@InjectClient(Flow) private readonly flows: WorkflowClient<Flow>) {}
  @Handler() async go(ctx: Context, id: string): Promise<string> {
    const f = this.flows.of(id);
    const before = await f.attach().catch((e: { code: number }) => e.code);
    const sub = f.submit(7);
    await sub.invocationId;
    const q = await f.query.peek();
    await f.signal.approve('me');
    const r = await sub.attach();
    return [before, q, r, await f.attach(), JSON.stringify(await f.output())].join('|');
  }
}
let app: ReaTestApp;
beforeAll(async () => { app = await createTestApp({ providers: [Greetings, Counter, Greeter, Flow, Starter] }); });
afterAll(() => app?.close());
test('greets', async () => {
  expect(await app.ingress.service(Greeter).call.greet('Ada', { idempotencyKey: false })).toBe('Hello, Ada 1 true');
  expect(await app.ingress.object(Counter).of('Ada').call.get()).toBe(1);
});
test('refusals', async () => {
  const g = app.ingress.service(Greeter);
  await expect(g.call.bad(undefined, { idempotencyKey: false })).rejects.toThrow(/REA2001.*Counter call.add/);
  await expect(app.ingress.object(Counter).of('q').call.cheat()).rejects.toThrow(/REA2002/);
  await expect(g.call.refuse(undefined, { idempotencyKey: false })).rejects.toMatchObject({ status: 400, message: 'no way' });
  await expect(app.ingress.object(Counter).of('q').call.add('x' as never, { idempotencyKey: false })).rejects.toMatchObject({ status: 400, response: { code: 'REA2010', details: [{ path: '' }] } });
});
test('workflow', async () => {
  expect(await app.ingress.service(Starter).call.go('w1', { idempotencyKey: false })).toBe('404|open|7 me|7 me|{"ready":true,"result":"7 me"}');
  const f = app.ingress.workflow(Flow).of('w2');
  const s = await f.submit(3);
  expect(await f.output()).toEqual({ ready: false });
  await f.signal.approve('x');
  expect(await s.attach()).toBe('3 x');
});
