import { trace } from '@opentelemetry/api';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
} from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inRequest, recordSpans, spansWith } from '../support/recorded-spans.js';

recordSpans();

interface Received {
  readonly who: string;
  readonly traceId: string | undefined;
  readonly link: string | undefined;
  readonly baggage: string | undefined;
  readonly invocationId: string;
}

/** What each invocation was called with, once. */
let received: Received[] = [];
/** A later attempt, which may come in the next test, is no further one. */
const noted = new Set<string>();

function note(ctx: Context, who: string): void {
  const { headers, id } = ctx.request();
  if (noted.has(id)) return;
  noted.add(id);
  received.push({
    who,
    traceId: headers.get('traceparent')?.toString().split('-')[1],
    link: headers.get('x-rea-trace-link')?.toString(),
    baggage: headers.get('baggage')?.toString(),
    invocationId: id,
  });
}

const later = { delay: { milliseconds: 20 } };

@VirtualObject()
class Clock {
  constructor(@InjectClient(() => Clock) private readonly clocks: ObjectClient<Clock>) {}

  @Handler()
  async tick(ctx: ObjectContext, rounds: number): Promise<void> {
    note(ctx, `tick ${rounds}`);
    // Replays the handler up to here, and what it sends has to be the same.
    await ctx.sleep(1);
    if (rounds > 0) this.clocks.of(ctx.key).send.tick(rounds - 1);
  }

  @Handler()
  async tock(ctx: ObjectContext): Promise<void> {
    note(ctx, 'tock');
    this.clocks.of(ctx.key).send.tick(0);
  }

  @Handler()
  async neighbour(ctx: ObjectContext, of: string): Promise<void> {
    note(ctx, 'neighbour');
    this.clocks.of(of).send.tick(0);
  }
}

@Service()
class Jobs {
  constructor(
    @InjectClient(() => Jobs) private readonly jobs: ServiceClient<Jobs>,
    @InjectClient(() => Clock) private readonly clocks: ObjectClient<Clock>,
    @InjectClient(() => Flow) private readonly flows: WorkflowClient<Flow>,
  ) {}

  @Handler()
  async again(ctx: Context, rounds: number): Promise<void> {
    note(ctx, `again ${rounds}`);
    if (rounds > 0) this.jobs.send.again(rounds - 1);
  }

  @Handler()
  async part(ctx: Context): Promise<void> {
    note(ctx, 'part');
  }

  @Handler()
  async parts(ctx: Context): Promise<void> {
    note(ctx, 'parts');
    this.jobs.send.part();
    await this.jobs.call.part();
  }

  @Handler()
  async delayed(ctx: Context): Promise<void> {
    note(ctx, 'delayed');
    this.jobs.send.part(undefined, later);
    await ctx.sleep(1);
    this.clocks.of('c').send.tick(0, later);
    this.flows.of(ctx.rand.uuidv4()).submit(undefined, later);
  }

  @Handler()
  async noDelay(ctx: Context): Promise<void> {
    note(ctx, 'noDelay');
    this.jobs.send.part(undefined, {});
  }

  @Handler()
  async delayedByNothing(ctx: Context): Promise<void> {
    note(ctx, 'delayedByNothing');
    this.jobs.send.part(undefined, { delay: 0 });
  }

  @Handler()
  async own(ctx: Context): Promise<void> {
    note(ctx, 'own');
    this.jobs.send.part(undefined, { ...later, headers: { traceparent: OWN } });
  }
}

@Workflow({ workflowRetention: { days: 1 } })
class Flow {
  @WorkflowRun()
  async go(ctx: WorkflowContext): Promise<void> {
    note(ctx, 'flow');
  }
}

const OWN = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const once = { idempotencyKey: false } as const;
const baggage = { headers: { baggage: 'user=alice' } };

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({
    imports: [ObservabilityModule.forRoot({ traces: true })],
    providers: [Clock, Jobs, Flow],
  });
});
afterAll(() => app?.close());
beforeEach(() => {
  received = [];
});

/** Does something in a request with baggage, and waits until so many invocations have begun. */
async function begin(deed: () => Promise<unknown>, invocations: number): Promise<{ traceId: string; all: Received[] }> {
  const { traceId } = await inRequest('POST /', deed);
  await expect.poll(() => received).toHaveLength(invocations);
  return { traceId, all: received };
}

/** The spans of an invocation's attempts, once there is one. */
async function attemptsOf({ invocationId }: Received) {
  await expect.poll(() => spansWith('restate.invocation.id', invocationId)).not.toEqual([]);
  return spansWith('restate.invocation.id', invocationId);
}

/** That a message began a trace of its own, and is linked to the span of its sending. */
async function expectNew(sender: Received, message: Received): Promise<void> {
  expect(message.traceId).toMatch(/^[\da-f]{32}$/);
  expect(message.traceId).not.toBe(sender.traceId);
  expect(message.baggage).toBeUndefined();
  const [, traceId, spanId] = message.link!.split('-');
  expect(traceId).toBe(sender.traceId);
  for (const attempt of await attemptsOf(message)) {
    expect(attempt.spanContext().traceId).toBe(message.traceId);
    expect(attempt.parentSpanContext).toBeUndefined();
    expect(attempt.links.map(({ context }) => [context.traceId, context.spanId])).toEqual([[traceId, spanId]]);
  }
  // The span that is linked to is the one of the message.
  await expect
    .poll(() =>
      spansWith(
        'rea.target.service',
        `${app.namespace}.${message.who === 'flow' ? 'Flow' : message.who.startsWith('tick') ? 'Clock' : 'Jobs'}`,
      ).map((span) => span.spanContext().spanId),
    )
    .toContain(spanId);
}

describe('A message that begins a trace of its own', { meta: { claim: 'traces' } }, () => {
  test('of an object to itself: each round is one, linked to the one before', async () => {
    const call = () =>
      app.ingress
        .object(Clock)
        .of('a')
        .call.tick(3, { ...once, ...baggage });
    const { traceId, all } = await begin(call, 4);
    expect(all[0]).toMatchObject({ traceId, baggage: 'user=alice', link: undefined });
    for (const [index, message] of all.slice(1).entries()) await expectNew(all[index]!, message);
    expect(new Set(all.map((each) => each.traceId)).size).toBe(4);
  });

  test('to another handler of the same object', async () => {
    const { all } = await begin(
      () =>
        app.ingress
          .object(Clock)
          .of('b')
          .call.tock(undefined, { ...once, ...baggage }),
      2,
    );
    await expectNew(all[0]!, all[1]!);
  });

  test('of a handler of a service to itself', async () => {
    const { all } = await begin(() => app.ingress.service(Jobs).call.again(2, { ...once, ...baggage }), 3);
    await expectNew(all[0]!, all[1]!);
    await expectNew(all[1]!, all[2]!);
  });

  test('that is delayed: to a service, an object, a workflow', async () => {
    const { all } = await begin(() => app.ingress.service(Jobs).call.delayed(undefined, { ...once, ...baggage }), 4);
    for (const message of all.slice(1)) await expectNew(all[0]!, message);
    expect(new Set(all.map((each) => each.traceId)).size).toBe(4);
  });

  test('whose delay is over, since that may be so on a replay only', async () => {
    const { all } = await begin(
      () => app.ingress.service(Jobs).call.delayedByNothing(undefined, { ...once, ...baggage }),
      2,
    );
    await expectNew(all[0]!, all[1]!);
  });

  test.each([
    ['a service', () => app.ingress.service(Jobs).send.part(undefined, { ...once, ...later })],
    [
      'an object',
      () =>
        app.ingress
          .object(Clock)
          .of('d')
          .send.tick(0, { ...once, ...later }),
    ],
    ['a workflow', () => app.ingress.workflow(Flow).of(`w${Date.now()}`).submit(undefined, later)],
  ])('that a controller sends with a delay, to %s', async (_what, send) => {
    const { traceId, all } = await begin(send, 1);
    const [message] = all;
    expect(message!.traceId).not.toBe(traceId);
    expect(message!.link).toContain(traceId);
    const [attempt] = await attemptsOf(message!);
    expect(attempt!.links.map(({ context }) => context.traceId)).toEqual([traceId]);
  });

  test('is the same in each attempt, and the invocations end', async () => {
    for (const { id } of await app.invocations()) {
      await expect
        .poll(async () => (await app.invocations()).find((row) => row.id === id))
        .toMatchObject({ status: 'completed', completion_result: 'success' });
    }
  });
});

describe('A message of the same trace', { meta: { claim: 'traces' } }, () => {
  test.each<[string, () => Promise<unknown>, number]>([
    [
      'to another handler of the service, and a call',
      () => app.ingress.service(Jobs).call.parts(undefined, { ...once, ...baggage }),
      3,
    ],
    [
      'to another object of the kind',
      () =>
        app.ingress
          .object(Clock)
          .of('e')
          .call.neighbour('f', { ...once, ...baggage }),
      2,
    ],
    ['with no delay', () => app.ingress.service(Jobs).call.noDelay(undefined, { ...once, ...baggage }), 2],
    ['that a controller sends', () => app.ingress.service(Jobs).send.part(undefined, { ...once, ...baggage }), 1],
  ])('%s stays in it, with its baggage', async (_what, deed, invocations) => {
    const { traceId, all } = await begin(deed, invocations);
    for (const each of all) expect(each).toMatchObject({ traceId, baggage: 'user=alice', link: undefined });
  });

  test('has the trace that its sender names', async () => {
    const { all } = await begin(() => app.ingress.service(Jobs).call.own(undefined, { ...once, ...baggage }), 2);
    expect(all[1]).toMatchObject({ traceId: OWN.split('-')[1], link: undefined });
    expect(trace.getActiveSpan()).toBeUndefined();
  });
});
