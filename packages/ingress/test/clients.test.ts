import { setTimeout as pause } from 'node:timers/promises';
import {
  Handler,
  promise,
  promiseKey,
  run,
  Service,
  Shared,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { HttpException } from '@nestjs/common';
import { IngressMisuseException, IngressRefusedException, InvocationFailedException } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  type Context,
  iface,
  type ObjectContext,
  type ObjectSharedContext,
  serde,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../core/test/support/eventually.js';

@Service()
class Echo {
  runs = 0;

  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }

  @Handler({ name: 'renamed' })
  async other(_ctx: Context, text: string): Promise<string> {
    return `renamed ${text}`;
  }

  @Handler()
  async header(ctx: Context, name: string): Promise<string | null> {
    return ctx.request().headers.get(name) ?? null;
  }

  @Handler()
  async nothing(_ctx: Context): Promise<void> {}

  @Handler()
  async refuse(_ctx: Context, message: string): Promise<string> {
    throw new TerminalError(message, { errorCode: 418, metadata: { reason: 'teapot' } });
  }

  /** Answers with the number of times that it ran. */
  @Handler()
  async count(ctx: Context): Promise<number> {
    return run(ctx, 'count', () => (this.runs += 1));
  }

  @Handler({ input: serde.binary, output: serde.binary })
  async reverse(_ctx: Context, bytes: Uint8Array): Promise<Uint8Array> {
    return bytes.toReversed();
  }

  /** Looks like a handler, and is none. */
  async plain(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

@VirtualObject()
class Counter {
  static readonly count = stateKey<number>('count', { default: () => 0 });
  static readonly at = stateKey<number>('at');

  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<number> {
    state(ctx, Counter.at).set(await run(ctx, 'now', () => Date.now()));
    return state(ctx, Counter.count).update((count) => count + by);
  }

  @Shared()
  async get(ctx: ObjectSharedContext): Promise<number> {
    return state(ctx, Counter.count).get();
  }

  @Shared()
  async changedAt(ctx: ObjectSharedContext): Promise<number | null> {
    return state(ctx, Counter.at).get();
  }
}

/** The same object, known by its contract only. */
const counterContract = iface.object('Counter', {
  add: iface.json<number, number>(),
  get: iface.shared.json<void, number>(),
});

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
    await promise(ctx, Approval.decision).reject(
      new TerminalError(why, { errorCode: 451, metadata: { office: 'legal' } }),
    );
  }

  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<string> {
    return (await promise(ctx, Approval.decision).peek()) ?? 'open';
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Echo, Counter, Approval] });
});
afterAll(() => app?.close());

const once = { idempotencyKey: false } as const;
let keys = 0;
const newKey = () => `key-${(keys += 1)}`;
const echo = () => app.ingress.service(Echo);
const counters = () => app.ingress.object(Counter);
const approvals = () => app.ingress.workflow(Approval);
const rejection = (promised: Promise<unknown>) =>
  promised.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );

describe('A call', () => {
  test('gives the result of a service and of an object', async () => {
    const key = newKey();
    expect(await echo().call.say('hello', once)).toBe('hello');
    expect(await counters().of(key).call.add(2, once)).toBe(2);
    expect(await counters().of(key).call.add(3, once)).toBe(5);
    expect(await counters().of(key).call.get()).toBe(5);
    expect(await counters().of(newKey()).call.get()).toBe(0);
  });

  test('reaches a handler under its wire name', async () => {
    expect(await echo().call.other('x', once)).toBe('renamed x');
    expect((await app.invocations('Echo')).map(({ target }) => target)).toContain(`${app.namespace}.Echo/renamed`);
  });

  test('gives undefined for a handler that returns nothing', async () => {
    expect(await echo().call.nothing(undefined, once)).toBeUndefined();
  });

  test('carries headers, and any text', async () => {
    const text = 'zażółć 🥞 "quoted"\n\u2028 end';
    expect(await echo().call.header('x-tenant', { ...once, headers: { 'x-tenant': 'acme' } })).toBe('acme');
    expect(await echo().call.say(text, once)).toBe(text);
  });

  test('reaches an object whose key needs escaping in a URL', async () => {
    for (const key of ['a/b', 'a b', '50%', '?x=1', '#', 'żółć', '100% a/b?c#d', '%2F', '..x', '~']) {
      expect(await counters().of(key).call.add(1, once)).toBe(1);
      expect(await app.state('Counter', key)).toMatchObject({ count: 1 });
    }
  });

  test('has the serdes that the handler declares', async () => {
    expect([...(await echo().call.reverse(new Uint8Array([1, 2, 255]), once))]).toEqual([255, 2, 1]);
  });

  test('reaches a component through its contract', async () => {
    const key = newKey();
    expect(await app.ingress.object(counterContract).of(key).call.add(4, once)).toBe(4);
    expect(await app.ingress.object(counterContract).of(key).call.get()).toBe(4);
    expect(await app.state('Counter', key)).toMatchObject({ count: 4 });
  });

  test('with one idempotency key runs the handler once and answers twice the same', async () => {
    const options = { idempotencyKey: newKey() };
    const before = app.get(Echo).runs;
    const first = await echo().call.count(undefined, options);
    expect(await echo().call.count(undefined, options)).toBe(first);
    expect(app.get(Echo).runs).toBe(before + 1);
  });

  test('with one idempotency key runs the handler once although both requests come at once', async () => {
    const options = { idempotencyKey: newKey() };
    const before = app.get(Echo).runs;
    const answers = await Promise.all(Array.from({ length: 8 }, () => echo().call.count(undefined, options)));
    expect(new Set(answers)).toEqual(new Set([before + 1]));
    expect(app.get(Echo).runs).toBe(before + 1);
  });

  test('with another idempotency key, and with none, runs the handler again', async () => {
    const before = app.get(Echo).runs;
    await echo().call.count(undefined, { idempotencyKey: newKey() });
    await echo().call.count(undefined, { idempotencyKey: newKey() });
    await echo().call.count(undefined, once);
    await echo().call.count(undefined, once);
    expect(app.get(Echo).runs).toBe(before + 4);
  });

  test('to one object with the idempotency key of another is a call of its own', async () => {
    const options = { idempotencyKey: newKey() };
    expect(await counters().of(newKey()).call.add(1, options)).toBe(1);
    expect(await counters().of(newKey()).call.add(2, options)).toBe(2);
  });
});

describe('A one-way call', () => {
  test('is accepted, has an invocation id, and is delivered once', async () => {
    const key = newKey();
    const sent = await counters().of(key).send.add(1, once);
    expect(sent).toMatchObject({ accepted: true, invocationId: expect.stringMatching(/^inv_/) });
    await eventually(async () => expect(await counters().of(key).call.get()).toBe(1));
    expect(await app.query(`select target from sys_invocation where id = '${sent.invocationId}'`)).toEqual([
      { target: `${app.namespace}.Counter/${key}/add` },
    ]);
  });

  test('with an idempotency key lets its result be waited for, again and again', async () => {
    const sent = await counters().of(newKey()).send.add(7, { idempotencyKey: newKey() });
    expect(await sent.result()).toBe(7);
    expect(await sent.result()).toBe(7);
  });

  test('sent twice with one idempotency key is accepted once, and both results are the one', async () => {
    const [key, options] = [newKey(), { idempotencyKey: newKey() }];
    const first = await counters().of(key).send.add(1, options);
    const second = await counters().of(key).send.add(1, options);
    expect([first.accepted, second.accepted]).toEqual([true, false]);
    expect(second.invocationId).toBe(first.invocationId);
    expect([await first.result(), await second.result()]).toEqual([1, 1]);
    expect(await counters().of(key).call.get()).toBe(1);
  });

  test('without an idempotency key says plainly that there is no result to wait for', async () => {
    const sent = await echo().send.say('gone', once);
    const error = await rejection(sent.result());
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toMatchObject({ status: 503 });
    expect((error as Error).message).toMatch(/idempotency ?key/i);
  });

  test.each([
    ['milliseconds', 1_000],
    ['a duration', { seconds: 1 }],
  ])('with a delay in %s is delivered once, later', async (_what, delay) => {
    const key = newKey();
    const sentAt = Date.now();
    const sent = await counters().of(key).send.add(1, { idempotencyKey: newKey(), delay });
    expect(await app.query(`select status from sys_invocation where id = '${sent.invocationId}'`)).toEqual([
      { status: 'scheduled' },
    ]);
    expect(await counters().of(key).call.get()).toBe(0);
    expect(await sent.result()).toBe(1);
    expect((await counters().of(key).call.changedAt())! - sentAt).toBeGreaterThanOrEqual(990);
  });

  test('that fails throws its error where the result is waited for', async () => {
    const sent = await echo().send.refuse('no tea', { idempotencyKey: newKey() });
    const error = await rejection(sent.result());
    expect(error).toBeInstanceOf(InvocationFailedException);
    expect(error).toMatchObject({ status: 418, message: 'no tea', metadata: { reason: 'teapot' } });
  });
});

describe('A workflow', () => {
  test('is submitted, queried, signalled and attached to', async () => {
    const approval = approvals().of(newKey());
    const submitted = await approval.submit('budget');
    expect(submitted).toMatchObject({ accepted: true, invocationId: expect.stringMatching(/^inv_/) });
    expect(await approval.query.status()).toBe('open');
    expect(await approval.output()).toEqual({ ready: false });
    expect(await approval.signal.approve('Ada')).toBeUndefined();
    expect(await submitted.attach()).toBe('budget: approved by Ada');
    expect(await approval.attach()).toBe('budget: approved by Ada');
    expect(await approval.output()).toEqual({ ready: true, result: 'budget: approved by Ada' });
    expect(await approval.query.status()).toBe('approved by Ada');
  });

  test('submitted twice is started once, with the first input, and the second is told so', async () => {
    const [id, other] = [newKey(), newKey()];
    const first = await approvals().of(id).submit('first');
    const second = await approvals().of(id).submit('second');
    await approvals().of(other).submit('other');
    expect([first.accepted, second.accepted]).toEqual([true, false]);
    expect(second.invocationId).toBe(first.invocationId);
    await approvals().of(id).signal.approve('Ada');
    expect([await first.attach(), await second.attach()]).toEqual(Array(2).fill('first: approved by Ada'));
    expect((await app.invocations('Approval')).filter(({ target }) => target.endsWith(`/${id}/run`))).toHaveLength(1);
  });

  test('submitted again after it has ended is not started again', async () => {
    const approval = approvals().of(newKey());
    const first = await approval.submit('once');
    await approval.signal.approve('Ada');
    await first.attach();
    const again = await approval.submit('twice');
    expect(again.accepted).toBe(false);
    expect(await again.attach()).toBe('once: approved by Ada');
  });

  test('is attached to before it ends', async () => {
    const approval = approvals().of(newKey());
    await approval.submit('travel');
    let settled = false;
    const waiting = approval.attach().finally(() => (settled = true));
    await approval.query.status();
    expect(settled).toBe(false);
    await approval.signal.approve('Grace');
    expect(await waiting).toBe('travel: approved by Grace');
  });

  test('that was never submitted is not found by attach, and it is not the handler that says so', async () => {
    const error = await rejection(approvals().of('never').attach());
    expect(error).toMatchObject({ status: 404 });
    expect(error).toBeInstanceOf(IngressRefusedException);
  });

  test('that was never submitted is not found when it is asked for its output', async () => {
    const error = await rejection(approvals().of('never').output());
    expect(error).toMatchObject({ status: 404 });
    expect(error).toBeInstanceOf(IngressRefusedException);
  });

  test('that failed throws its error where it is attached to or asked for its output', async () => {
    const approval = approvals().of(newKey());
    const submitted = await approval.submit('fraud');
    await approval.signal.refuse('forbidden');
    for (const ask of [() => submitted.attach(), () => approval.attach(), () => approval.output()]) {
      const error = await rejection(ask());
      expect(error).toBeInstanceOf(InvocationFailedException);
      expect(error).toMatchObject({ status: 451, message: 'forbidden', metadata: { office: 'legal' } });
    }
  });

  test('submitted with a delay starts later', async () => {
    const approval = approvals().of(newKey());
    const { invocationId } = await approval.submit('later', { delay: { minutes: 5 } });
    expect(await app.query(`select status from sys_invocation where id = '${invocationId}'`)).toEqual([
      { status: 'scheduled' },
    ]);
    expect(await approval.output()).toEqual({ ready: false });
  });
});

describe('A client', () => {
  test('refuses a method that is no handler, with those that are, and sends nothing', async () => {
    const before = (await app.invocations()).length;
    const client = echo();
    for (const verb of ['call', 'send'] as const) {
      const error = await rejection(client[verb].plain('x'));
      expect(error).toBeInstanceOf(IngressMisuseException);
      expect(error).toBeInstanceOf(HttpException);
      expect(error).toMatchObject({
        status: 500,
        response: { code: 'REA3002', message: expect.stringMatching(/REA3002.*"plain".*say, other/) },
      });
    }
    expect(await app.invocations()).toHaveLength(before);
  });

  test('is no promise: it can be awaited and returned', async () => {
    const client = await Promise.resolve(echo());
    const address = await Promise.resolve(counters().of(newKey()));
    expect(await (await Promise.resolve(client.call)).say('still a client', once)).toBe('still a client');
    expect(await address.call.get()).toBe(0);
  });

  test('serves many requests at once', async () => {
    const key = newKey();
    const results = await Promise.all(Array.from({ length: 50 }, () => counters().of(key).call.add(1, once)));
    expect(results.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });

  test('gives a wait up with its signal, and the invocation goes on', async () => {
    const approval = approvals().of(newKey());
    await approval.submit('patience');
    const controller = new AbortController();
    const waiting = rejection(approval.attach({ signal: controller.signal }));
    await pause(0);
    controller.abort();
    expect(await waiting).toMatchObject({ status: 504 });
    await approval.signal.approve('Ada');
    expect(await approval.attach()).toBe('patience: approved by Ada');
  });
});
