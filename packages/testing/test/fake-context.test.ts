import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  all,
  awakeable,
  Handler,
  InjectClient,
  OutsideHandlerError,
  type ObjectClient,
  PolicyViolationError,
  promise,
  promiseKey,
  race,
  rejectAwakeable,
  resolveAwakeable,
  run,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { type FakeContext, fakeContext, runInContext } from '@rea/testing';
import {
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';

@Service()
class Payments {
  @Handler()
  async charge(_ctx: Context, amount: number): Promise<{ receipt: string; at: string }> {
    return { receipt: `r-${amount}`, at: 'real' };
  }

  @Handler({ name: 'send-mail' })
  async mail(_ctx: Context, _to: string): Promise<void> {}
}

@VirtualObject()
class Counter {
  static readonly count = stateKey<number>('count', { default: () => 0, schema: z.int().nonnegative() });

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    return state(ctx, Counter.count).update((count) => count + by);
  }

  @Handler()
  async clear(ctx: ObjectContext): Promise<void> {
    state(ctx, Counter.count).clear();
  }

  @Shared()
  async get(ctx: ObjectSharedContext): Promise<number> {
    return state(ctx, Counter.count).get();
  }
}

@Workflow()
class Approval {
  static readonly decision = promiseKey<string>('decision');

  @WorkflowRun()
  async decide(ctx: WorkflowContext, subject: string): Promise<string> {
    return `${subject}: ${await promise(ctx, Approval.decision).get()}`;
  }

  @WorkflowSignal()
  async approve(ctx: WorkflowSharedContext, by: string): Promise<void> {
    await promise(ctx, Approval.decision).resolve(`approved by ${by}`);
  }

  @WorkflowSignal()
  async refuse(ctx: WorkflowSharedContext, why: string): Promise<void> {
    await promise(ctx, Approval.decision).reject(new TerminalError(why, { errorCode: 451 }));
  }

  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<string> {
    return (await promise(ctx, Approval.decision).peek()) ?? 'open';
  }
}

@Injectable()
class Clients {
  constructor(
    @InjectClient(Payments) readonly payments: ServiceClient<Payments>,
    @InjectClient(Counter) readonly counters: ObjectClient<Counter>,
    @InjectClient(Approval) readonly approvals: WorkflowClient<Approval>,
  ) {}
}

const rejection = (promised: PromiseLike<unknown>) =>
  Promise.resolve(promised).then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );

/** The clients as the container makes them; no application and no server stand behind them. */
let clients: Clients;
beforeAll(async () => {
  const { ReaModule } = await import('@rea/core');
  const module = await Test.createTestingModule({
    imports: [ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false })],
    providers: [Clients],
  }).compile();
  clients = module.get(Clients);
});

describe('A run on a fake context', () => {
  test('is executed once when it is awaited, and noted by name', async () => {
    const ctx = fakeContext();
    let effects = 0;
    const future = run(ctx, 'effect', () => (effects += 1));
    expect([effects, ctx.runs]).toEqual([0, []]);
    expect([await future, await future]).toEqual([1, 1]);
    expect([effects, ctx.runs]).toEqual([1, ['effect']]);
  });

  test('gives what the journal would: a Date as text, undefined fields gone', async () => {
    const ctx = fakeContext();
    const day = new Date('2026-01-01T00:00:00.000Z');
    expect(await run(ctx, 'dates', () => ({ day, nothing: undefined, list: [1, undefined] }))).toStrictEqual({
      day: '2026-01-01T00:00:00.000Z',
      list: [1, null],
    });
    expect(await run(ctx, 'void', () => {})).toBeUndefined();
  });

  test('refuses what JSON cannot write, as the journal would', async () => {
    const error = await rejection(run(fakeContext(), 'big', () => 1n));
    expect(error).toBeInstanceOf(TerminalError);
    expect(error).toMatchObject({ code: 500, message: expect.stringMatching(/REA7020.*BigInt/) });
  });

  test('gets an idempotency key of its own, and throws what its closure throws', async () => {
    const ctx = fakeContext();
    const keys = await runInContext(ctx, async (context) => [
      await run(context, 'charge', ({ idempotencyKey }) => idempotencyKey),
      await run(context, 'charge', ({ idempotencyKey }) => idempotencyKey),
      await run(context, 'other', ({ idempotencyKey }) => idempotencyKey),
    ]);
    expect(new Set(keys).size).toBe(3);
    const failing = run(ctx, 'fails', () => {
      throw new TerminalError('declined', { errorCode: 402 });
    });
    expect(await rejection(failing)).toMatchObject({ code: 402, message: 'declined' });
  });

  test('combines with other futures', async () => {
    const ctx = fakeContext();
    expect(await all(ctx, [run(ctx, 'a', () => 1), run(ctx, 'b', async () => 'two')])).toEqual([1, 'two']);
    expect(ctx.runs).toEqual(['a', 'b']);
  });
});

describe('State on a fake context', () => {
  test('begins as given, and is kept', async () => {
    const ctx = fakeContext({ key: 'ada', state: { count: 2 } });
    const counter = new Counter();
    expect(ctx.key).toBe('ada');
    expect(await counter.add(ctx, 3)).toBe(5);
    expect(await counter.get(ctx)).toBe(5);
    expect(ctx.stored).toEqual({ count: 5 });
    expect(await ctx.stateKeys()).toEqual(['count']);
    await counter.clear(ctx);
    expect(ctx.stored).toEqual({});
    expect(await counter.get(ctx)).toBe(0);
  });

  test('is refused by its schema, and not shared between contexts', async () => {
    const ctx = fakeContext({ state: { count: 1 } });
    expect(await rejection(new Counter().add(ctx, -5))).toMatchObject({ code: 500 });
    expect(ctx.stored).toEqual({ count: 1 });
    expect(fakeContext().stored).toEqual({});
  });

  test('holds copies, as the journal does', async () => {
    const ctx = fakeContext();
    const list = [1];
    ctx.set('list', list);
    list.push(2);
    expect(ctx.stored).toEqual({ list: [1] });
    (await ctx.get<number[]>('list'))?.push(3);
    expect(ctx.stored).toEqual({ list: [1] });
    expect(() => ctx.set('big', 1n)).toThrow('BigInt');
  });
});

describe('A call on a fake context', () => {
  const charge = (ctx: FakeContext, amount: number) =>
    runInContext(ctx, async () => clients.payments.call.charge(amount));

  test('is answered by its stub, with input and key, and is noted', async () => {
    const ctx = fakeContext()
      .stub(Payments, { charge: (amount) => ({ receipt: `stub-${amount}`, at: 'here' }) })
      .stub(Counter, { add: (by, key) => by + (key === 'ada' ? 100 : 0), get: () => 7 });
    expect(await charge(ctx, 5)).toEqual({ receipt: 'stub-5', at: 'here' });
    expect(
      await runInContext(ctx, async () => [
        await clients.counters.of('ada').call.add(1),
        await clients.counters.of('bob').call.get(),
      ]),
    ).toEqual([101, 7]);
    expect(ctx.calls).toEqual([
      { service: 'Payments', handler: 'charge', key: undefined, input: 5 },
      { service: 'Counter', handler: 'add', key: 'ada', input: 1 },
      { service: 'Counter', handler: 'get', key: 'bob', input: undefined },
    ]);
  });

  test('without a stub says which call it was and how to stub it', async () => {
    const error = await rejection(charge(fakeContext(), 5));
    expect(error).toMatchObject({
      message: expect.stringMatching(/Payments\/charge.*ctx\.stub\(Payments, \{ charge: /),
    });
  });

  test('gives what the wire would, and fails as its stub fails', async () => {
    const ctx = fakeContext();
    ctx.stub(Payments, { charge: () => ({ receipt: 'x', at: new Date(0) as never }) });
    expect(await charge(ctx, 5)).toEqual({ receipt: 'x', at: '1970-01-01T00:00:00.000Z' });
    ctx.stub(Payments, {
      charge: () => {
        throw new TerminalError('declined', { errorCode: 402 });
      },
    });
    expect(await rejection(charge(ctx, 5))).toMatchObject({ code: 402, message: 'declined' });
  });

  test('of a method that is no handler cannot be stubbed', () => {
    expect(() => fakeContext().stub(Payments, { refund: () => 1 } as never)).toThrow(/no handler "refund"/);
  });

  test('outside runInContext is refused, as outside a handler', async () => {
    const error = await rejection((async () => clients.payments.call.charge(1))());
    expect(error).toBeInstanceOf(OutsideHandlerError);
  });

  test('after runInContext has ended is refused', async () => {
    const ctx = fakeContext();
    const late = await runInContext(ctx, async () => {
      const gate = Promise.withResolvers<void>();
      const afterwards = gate.promise.then(() => clients.payments.call.charge(1));
      return { afterwards: rejection(afterwards), open: gate.resolve };
    });
    late.open();
    expect(await late.afterwards).toMatchObject({ code: 'REA3003' });
  });
});

describe('A one-way call on a fake context', () => {
  test('is noted under its wire name, with its delay, and needs no stub', async () => {
    const ctx = fakeContext();
    await runInContext(ctx, async () => {
      clients.payments.send.mail('ada');
      clients.counters.of('ada').send.add(1, { delay: { minutes: 5 } });
      await clients.counters.of('bob').send.add(2).invocationId;
    });
    expect(ctx.sends).toEqual([
      { service: 'Payments', handler: 'send-mail', key: undefined, input: 'ada' },
      { service: 'Counter', handler: 'add', key: 'ada', input: 1, delay: { minutes: 5 } },
      { service: 'Counter', handler: 'add', key: 'bob', input: 2 },
    ]);
    expect(ctx.calls).toEqual([]);
  });

  test('submits workflows, and signals and queries are calls', async () => {
    const ctx = fakeContext().stub(Approval, { approve: async () => {}, status: () => 'stubbed' });
    expect(
      await runInContext(ctx, async () => {
        clients.approvals.of('o-1').submit('budget');
        await clients.approvals.of('o-1').signal.approve('Ada');
        return clients.approvals.of('o-1').query.status();
      }),
    ).toBe('stubbed');
    expect(ctx.sends).toEqual([{ service: 'Approval', handler: 'run', key: 'o-1', input: 'budget' }]);
    expect(ctx.calls.map(({ handler, input }) => [handler, input])).toEqual([
      ['approve', 'Ada'],
      ['status', undefined],
    ]);
  });
});

describe('Sleeps on a fake context', () => {
  test('are over at once, and noted', async () => {
    const ctx = fakeContext();
    const began = performance.now();
    await ctx.sleep({ hours: 24 });
    await ctx.sleep(5_000);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(ctx.sleeps).toEqual([{ hours: 24 }, 5_000]);
  });

  test('that never end lose each race', async () => {
    const never = fakeContext({ sleeps: 'never' });
    const result = (ctx: FakeContext) =>
      race(ctx, [ctx.sleep(10).map(() => 'timeout'), run(ctx, 'slow', async () => 'answer')]);
    expect(await result(never)).toBe('answer');
    expect(never.sleeps).toEqual([10]);
    expect(await result(fakeContext())).toBe('timeout');
  });
});

describe('Awakeables on a fake context', () => {
  test('are resolved and rejected by their ids, early or late, once', async () => {
    const ctx = fakeContext();
    const [late, early, refused] = [awakeable<string>(ctx), awakeable<string>(ctx), awakeable<string>(ctx)];
    expect(new Set([late.id, early.id, refused.id]).size).toBe(3);
    resolveAwakeable(ctx, early.id, 'early');
    resolveAwakeable(ctx, early.id, 'twice');
    expect(await early.promise).toBe('early');
    const waiting = rejection(late.promise);
    resolveAwakeable(ctx, late.id, 'late');
    expect(await waiting).toEqual({ resolved: 'late' });
    rejectAwakeable(ctx, refused.id, 'no');
    expect(await rejection(refused.promise)).toMatchObject({ message: 'no' });
  });
});

describe('Workflow promises on a fake context', () => {
  test('are resolved by signals, before or after the run waits', async () => {
    const workflow = new Approval();
    const ctx = fakeContext({ key: 'o-1' });
    expect(await workflow.status(ctx)).toBe('open');
    const running = workflow.decide(ctx, 'budget');
    await workflow.approve(ctx, 'Ada');
    expect(await running).toBe('budget: approved by Ada');
    expect(await workflow.status(ctx)).toBe('approved by Ada');
    const early = fakeContext();
    await workflow.approve(early, 'Grace');
    expect(await workflow.decide(early, 'travel')).toBe('travel: approved by Grace');
  });

  test('are rejected with status', async () => {
    const ctx = fakeContext();
    await new Approval().refuse(ctx, 'forbidden');
    expect(await rejection(new Approval().decide(ctx, 'x'))).toMatchObject({ code: 451, message: 'forbidden' });
  });

  test('settle once, and a second settling is refused with 409 as on the server', async () => {
    const ctx = fakeContext();
    await new Approval().approve(ctx, 'Ada');
    expect(await rejection(new Approval().approve(ctx, 'Eve'))).toMatchObject({ code: 409 });
    expect(await new Approval().status(ctx)).toBe('approved by Ada');
  });
});

describe('runInContext', () => {
  test('refuses the context in a run, as an application does', async () => {
    const ctx = fakeContext();
    const error = await rejection(
      runInContext(ctx, async (context) => await run(context, 'outer', () => context.run('inner', () => 1))),
    );
    expect(error).toBeInstanceOf(PolicyViolationError);
    expect(error).toMatchObject({ message: expect.stringMatching(/REA2001.*ctx\.run\(\).*the run "outer"/) });
    expect(ctx.runs).not.toContain('inner');
  });

  test('refuses a durable client in a run, as an application does', async () => {
    const ctx = fakeContext().stub(Counter, { add: () => 1 });
    const error = await rejection(
      runInContext(ctx, async (context) => await run(context, 'outer', () => clients.counters.of('x').call.add(1))),
    );
    expect(error).toBeInstanceOf(PolicyViolationError);
    expect(error).toMatchObject({ message: expect.stringMatching(/REA2001.*Counter call\.add\(\).*the run "outer"/) });
    expect(ctx.calls).toEqual([]);
  });

  test('lets clients find the context in a run future that the function returns without awaiting it', async () => {
    const ctx = fakeContext();
    const result = runInContext(ctx, (context) => run(context, 'outer', () => 1).map((value) => Number(value) + 1));
    expect(await result).toBe(2);
  });

  test('gives back what the function gives, and throws what it throws', async () => {
    expect(await runInContext(fakeContext(), () => 'value')).toBe('value');
    expect(
      await rejection(
        runInContext(fakeContext(), () => {
          throw new TerminalError('thrown', { errorCode: 418 });
        }),
      ),
    ).toMatchObject({ code: 418 });
  });
});

test('A fake context has the headers it was given, and a request of its own', () => {
  const [a, b] = [fakeContext({ headers: { 'x-tenant': 'acme' } }), fakeContext()];
  expect(a.request().headers.get('x-tenant')).toBe('acme');
  expect(b.request().headers.size).toBe(0);
  expect(a.request().id).not.toBe(b.request().id);
});

test('A fake context is deterministic: time is journaled, randomness fixed', async () => {
  const ctx = fakeContext();
  expect([ctx.rand.random(), ctx.rand.uuidv4()]).toEqual([fakeContext().rand.random(), fakeContext().rand.uuidv4()]);
  expect(Math.abs((await ctx.date.now()) - Date.now())).toBeLessThan(1_000);
});

test('a spy on the context that a handler is given sees the runs that go through the helpers', async () => {
  await runInContext(fakeContext(), async (ctx) => {
    const spy = vi.spyOn(ctx, 'run');
    expect(await run(ctx, 'charge', () => 1)).toBe(1);
    expect(spy).toHaveBeenCalledWith('charge', expect.any(Function), expect.anything());
  });
});
