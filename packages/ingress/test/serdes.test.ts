import {
  awakeable,
  Handler,
  InjectClient,
  promise,
  promiseKey,
  type ReaModuleOptions,
  resolveAwakeable,
  Service,
  type ServiceClient,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
  workflowStatus,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, Serde, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { Length } from 'class-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../core/test/support/eventually.js';

/** No JSON, and JSON is none of it; keeps dates. */
const marked: Serde<unknown> = {
  contentType: 'application/x-marked',
  serialize: (value) =>
    Buffer.from(`#${value instanceof Date ? `@${value.toISOString()}` : (JSON.stringify(value) ?? '')}`),
  deserialize: (bytes) => {
    const text = Buffer.from(bytes).toString();
    if (!text.startsWith('#')) throw new Error(`not marked: ${text}`);
    if (text.startsWith('#@')) return new Date(text.slice(2));
    return text === '#' ? undefined : (JSON.parse(text.slice(1)) as unknown);
  },
};
const date = new Date('2026-11-30T00:00:00.000Z');
const once = { idempotencyKey: false } as const;

interface Given {
  readonly handler?: { readonly serde?: Serde<unknown> };
  readonly component?: { readonly serde?: Serde<unknown> };
  readonly rea?: Partial<ReaModuleOptions>;
}

function components({ handler = {}, component = {} }: Given) {
  @Service({ ...component, name: 'Clock' })
  class Clock {
    @Handler({ ...handler, name: 'later' })
    async tick(_ctx: Context, at: unknown): Promise<unknown> {
      return at instanceof Date ? new Date(at.getTime() + 1) : `given ${typeof at}`;
    }
  }

  @Workflow({ ...component, name: 'Alarm', retention: 'standard', status: true })
  class Alarm {
    @WorkflowRun(handler)
    async run(ctx: WorkflowContext, at: unknown): Promise<unknown> {
      await workflowStatus(ctx).set({ phase: 'waiting' });
      await promise(ctx, promiseKey<boolean>('rung')).get();
      return at;
    }

    @WorkflowSignal(handler)
    async ring(ctx: WorkflowSharedContext, at: unknown): Promise<void> {
      if (at instanceof Date) await promise(ctx, promiseKey<boolean>('rung')).resolve(true);
    }

    @WorkflowQuery(handler)
    async at(_ctx: WorkflowSharedContext, at: unknown): Promise<unknown> {
      return at;
    }
  }

  @Service({ name: 'Caller', serde: plainJson })
  class Caller {
    constructor(
      @InjectClient(Clock) private readonly clock: ServiceClient<Clock>,
      @InjectClient(Alarm) private readonly alarms: WorkflowClient<Alarm>,
    ) {}

    @Handler()
    async call(_ctx: Context): Promise<unknown> {
      const given: unknown = await this.clock.call.tick(date);
      return { isDate: given instanceof Date, given };
    }

    @Handler()
    async flow(_ctx: Context, id: string): Promise<unknown> {
      const alarm = this.alarms.of(id);
      const started = alarm.submit(date);
      const asked: unknown = await alarm.query.at(date);
      await alarm.signal.ring(date);
      const answers: unknown[] = [asked, await started.attach(), await alarm.attach()];
      return answers.map((answer) => answer instanceof Date);
    }
  }
  return { Clock, Alarm, Caller };
}

const plainJson: Serde<unknown> = {
  contentType: 'application/json',
  serialize: (value) => Buffer.from(JSON.stringify(value) ?? ''),
  deserialize: (bytes) => (bytes.length === 0 ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as unknown)),
};

describe.each<[string, Given]>([
  ['the handlers', { handler: { serde: marked } }],
  ['the component', { component: { serde: marked } }],
  [
    'the configuration of the component',
    { rea: { components: { Clock: { serde: marked }, Alarm: { serde: marked } } } },
  ],
  [
    'the configuration of the handlers',
    {
      rea: {
        components: {
          Clock: { handlers: { later: { serde: marked } } },
          Alarm: { handlers: { run: { serde: marked }, ring: { serde: marked }, at: { serde: marked } } },
        },
      },
    },
  ],
  ['the defaults', { rea: { defaults: { serde: marked } } }],
  [
    'the configuration, over the decorator and the defaults',
    {
      component: { serde: plainJson },
      rea: {
        defaults: { serde: plainJson },
        components: { Clock: { serde: marked }, Alarm: { serde: marked } },
      },
    },
  ],
])('A serde of %s', { meta: { claim: 'serdes' } }, (_where, given) => {
  let app: ReaTestApp;
  const { Clock, Alarm, Caller } = components(given);
  beforeAll(async () => {
    app = await createTestApp({ providers: [Clock, Alarm, Caller], ...(given.rea ? { rea: given.rea } : {}) });
  });
  afterAll(() => app?.close());

  test('is that of calls from the ingress', async () => {
    expect(await app.ingress.service(Clock).call.tick(date, once)).toEqual(new Date(date.getTime() + 1));
  });

  test('is that of messages, attach and output', async () => {
    const clock = app.ingress.service(Clock);
    const sent = await clock.send.tick(date, { idempotencyKey: 'sent' });
    const later = new Date(date.getTime() + 1);
    expect(await sent.result()).toEqual(later);
    expect(await clock.attach.tick('sent')).toEqual(later);
    expect(await clock.output.tick('sent')).toEqual({ ready: true, result: later });
  });

  test('is that of a workflow: submit, query, signal, attach, output', async () => {
    const alarm = app.ingress.workflow(Alarm).of('outside');
    const submitted = await alarm.submit(date);
    expect(await alarm.query.at(date)).toEqual(date);
    await eventually(async () => expect(await alarm.status()).toMatchObject({ phase: 'waiting' }));
    await alarm.signal.ring(date);
    expect(await submitted.attach()).toEqual(date);
    expect(await alarm.output()).toEqual({ ready: true, result: date });
  });

  test('is that of calls in handlers', async () => {
    const answer = await app.ingress.service(Caller).call.call(undefined, once);
    expect(answer).toMatchObject({ isDate: true });
  });

  test('is that of workflows in handlers', async () => {
    expect(await app.ingress.service(Caller).call.flow('inside', once)).toEqual([true, true, true]);
  });
});

class Decision {
  @Length(1, 10)
  by!: string;
}

const Approval = z.object({ by: z.string().min(1) });
const asynchronous = z.string().refine(async () => true);
const decision = promiseKey<{ by: string }>('decision', { schema: Approval });
const dto = promiseKey<Decision>('dto', { schema: Decision });
const slow = promiseKey<string>('slow', { schema: asynchronous });

@Workflow({ retention: 'standard' })
class Review {
  static readonly ids = new Map<string, string>();

  @WorkflowRun()
  async run(ctx: WorkflowContext, which: 'decision' | 'dto' | 'awakeable'): Promise<{ by: string }> {
    if (which === 'decision') return promise(ctx, decision).get();
    if (which === 'dto') return promise(ctx, dto).get();
    const { id, promise: payload } = awakeable(ctx, { schema: Approval });
    Review.ids.set(ctx.key, id);
    return payload;
  }

  @WorkflowSignal()
  async decide(ctx: WorkflowSharedContext, value: unknown): Promise<void> {
    await promise(ctx, decision).resolve(value as { by: string });
  }

  @WorkflowSignal()
  async decideDto(ctx: WorkflowSharedContext, value: unknown): Promise<void> {
    await promise(ctx, dto).resolve(value as Decision);
  }

  @WorkflowSignal()
  async decideSlowly(ctx: WorkflowSharedContext): Promise<void> {
    await promise(ctx, slow).resolve('yes');
  }
}

@Service()
class Outside {
  @Handler()
  async resolve(ctx: Context, { id, value }: { id: string; value?: unknown }): Promise<void> {
    resolveAwakeable(ctx, id, value as { by: string } | undefined, { schema: Approval });
  }

  @Handler()
  async resolveSlowly(ctx: Context, id: string): Promise<void> {
    resolveAwakeable(ctx, id, 'yes', { schema: asynchronous });
  }
}

describe('A schema is checked where something is settled', { meta: { claim: 'serdes' } }, () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Review, Outside] });
  });
  afterAll(() => app?.close());

  const WRONG: readonly unknown[] = [{}, { by: 1 }, { by: '' }, 'ada', 5, null, [], { by: null }];
  const invalid = { status: 400, response: { code: 'REA2010' } };
  const stillWaits = async (id: string) => {
    expect(await app.ingress.workflow(Review).of(id).output()).toEqual({ ready: false });
  };
  const idOf = async (key: string) => {
    await eventually(() => expect(Review.ids.has(key)).toBe(true));
    return Review.ids.get(key)!;
  };

  test.each(WRONG)('a promise: %j fails the signal with 400, and the run goes on waiting', async (value) => {
    const key = `promise-${JSON.stringify(value)}`;
    const review = app.ingress.workflow(Review).of(key);
    const run = await review.submit('decision');
    await expect(review.signal.decide(value)).rejects.toMatchObject(invalid);
    await stillWaits(key);
    await review.signal.decide({ by: 'ada' });
    expect(await run.attach()).toEqual({ by: 'ada' });
  });

  test.each([{}, { by: '' }, { by: 'ada', as: 'admin' }, 'ada'])('a promise with a DTO class: %j', async (value) => {
    const key = `dto-${JSON.stringify(value)}`;
    const review = app.ingress.workflow(Review).of(key);
    const run = await review.submit('dto');
    await expect(review.signal.decideDto(value)).rejects.toMatchObject(invalid);
    await stillWaits(key);
    await review.signal.decideDto({ by: 'ada' });
    expect(await run.attach()).toEqual({ by: 'ada' });
  });

  test.each([...WRONG, undefined])('an awakeable, in a handler and at the ingress: %j', async (value) => {
    const key = `awakeable-${JSON.stringify(value)}`;
    const review = app.ingress.workflow(Review).of(key);
    const run = await review.submit('awakeable');
    const id = await idOf(key);
    const inHandler = app.ingress.service(Outside).call.resolve({ id, value }, once);
    await expect(inHandler).rejects.toMatchObject(invalid);
    const outside = app.ingress.awakeable<{ by: string }>(id);
    const refused = outside.resolve(value as { by: string }, { schema: Approval });
    await expect(refused).rejects.toMatchObject(invalid);
    await stillWaits(key);
    await outside.resolve({ by: 'ada' }, { schema: Approval });
    expect(await run.attach()).toEqual({ by: 'ada' });
  });

  test('an asynchronous one is refused', async () => {
    const review = app.ingress.workflow(Review).of('slow');
    await review.submit('decision');
    const refused = { status: 500, response: { code: 'REA2011' } };
    await expect(review.signal.decideSlowly()).rejects.toMatchObject(refused);
    await expect(app.ingress.service(Outside).call.resolveSlowly('sign_1', once)).rejects.toMatchObject(refused);
    const outside = app.ingress.awakeable<string>('sign_1').resolve('yes', { schema: asynchronous });
    await expect(outside).rejects.toMatchObject(refused);
    await stillWaits('slow');
  });
});
