import { HttpException, Logger } from '@nestjs/common';
import {
  Handler,
  type PolicyMode,
  PolicyService,
  ReaEvents,
  run,
  Service,
  Shared,
  VirtualObject,
  type Violation,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { IngressPolicyException } from '@rea/ingress';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

@Service()
class Mail {
  static inRun: () => Promise<string>;

  @Handler()
  async forward(ctx: Context, _to: string): Promise<string> {
    return run(ctx, 'over HTTP', () => Mail.inRun());
  }

  @Handler()
  async deliver(_ctx: Context, to: string): Promise<string> {
    return to;
  }

  @Handler()
  async post(_ctx: Context, to: string): Promise<string> {
    return to;
  }
}

@VirtualObject()
class Box {
  @Handler()
  async put(_ctx: ObjectContext, value: number): Promise<number> {
    return value;
  }

  @Shared()
  async look(_ctx: ObjectSharedContext): Promise<string> {
    return 'empty';
  }
}

@Workflow({ workflowRetention: { days: 1 } })
class Flow {
  @WorkflowRun()
  async start(_ctx: WorkflowContext): Promise<string> {
    return 'done';
  }

  @WorkflowSignal()
  async tell(_ctx: WorkflowSharedContext): Promise<void> {}

  @WorkflowQuery()
  async ask(_ctx: WorkflowSharedContext): Promise<string> {
    return 'answer';
  }
}

let app: ReaTestApp;
const violations: Violation[] = [];
const warnings: string[] = [];
beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => {
    warnings.push(String(message));
  });
});
afterAll(() => vi.restoreAllMocks());

/** An application of its own per mode: a finding is logged once per application. */
async function start(mode: PolicyMode): Promise<void> {
  app = await createTestApp({ providers: [Mail, Box, Flow], rea: { policy: mode } });
  app.get(ReaEvents).on('violation', (violation) => violations.push(violation));
}
beforeEach(() => {
  violations.length = 0;
  warnings.length = 0;
});

let ids = 0;
const newId = () => `id-${(ids += 1)}`;

/** What needs no key, by any mode. */
async function readsAndWorkflowVerbs(): Promise<unknown[]> {
  const flow = app.ingress.workflow(Flow).of(newId());
  const submitted = await flow.submit();
  return [
    await app.ingress.object(Box).of(newId()).call.look(),
    await submitted.attach(),
    await flow.attach(),
    await flow.output(),
    await flow.signal.tell(),
    await flow.query.ask(),
  ];
}
const answers = ['empty', 'done', 'done', { ready: true, result: 'done' }, undefined, 'answer'];

describe('In mode warn, a write without an idempotency key', () => {
  beforeAll(() => start('warn'));
  afterAll(() => app.close());

  test('runs, and is logged once per place, with the code and the cure', async () => {
    const { deliver } = app.ingress.service(Mail).call;
    expect([await deliver('a'), await deliver('b'), await deliver('c')]).toEqual(['a', 'b', 'c']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^REA2003 missing-key: .* in Mail call\.deliver\. .*\{ idempotencyKey: false \}/);
    expect(violations).toHaveLength(3);
    expect(violations[0]).toMatchObject({
      rule: { id: 'missing-key', code: 'REA2003', severity: 'advisory' },
      place: 'Mail call.deliver',
      refused: false,
    });
  });

  test('is logged for each verb and handler of its own', async () => {
    await app.ingress.service(Mail).call.post('a');
    await app.ingress.service(Mail).send.post('a');
    await app.ingress.object(Box).of('one').call.put(1);
    await app.ingress.object(Box).of('other').call.put(1);
    expect(warnings.map((line) => /in ([^.]+\.\w+)\./.exec(line)?.[1])).toEqual([
      'Mail call.post',
      'Mail send.post',
      'Box call.put',
    ]);
  });

  test('does not count with a key, or with false', async () => {
    await app.ingress.service(Mail).call.deliver('a', { idempotencyKey: newId() });
    await app.ingress.service(Mail).send.deliver('a', { idempotencyKey: newId() });
    await app.ingress.service(Mail).call.deliver('a', { idempotencyKey: false });
    await app.ingress.service(Mail).send.deliver('a', { idempotencyKey: false });
    expect([warnings, violations]).toEqual([[], []]);
  });

  test('is not meant by reads and the verbs of workflows', async () => {
    expect(await readsAndWorkflowVerbs()).toEqual(answers);
    expect([warnings, violations]).toEqual([[], []]);
  });
});

describe('In mode strict, a write without an idempotency key', () => {
  beforeAll(() => start('strict'));
  afterAll(() => app.close());

  test('is refused before anything is sent', async () => {
    for (const write of [
      () => app.ingress.service(Mail).call.deliver('a'),
      () => app.ingress.service(Mail).send.deliver('a'),
      () => app.ingress.object(Box).of('one').call.put(1),
      () => app.ingress.object(Box).of('one').send.put(1),
      () => app.ingress.service(Mail).call.deliver('a', { headers: { a: 'b' } }),
      () => app.ingress.service(Mail).call.deliver('a', { idempotencyKey: undefined }),
    ]) {
      const error = await write().then(
        () => 'sent',
        (caught: unknown) => caught,
      );
      expect(error).toBeInstanceOf(IngressPolicyException);
      expect(error).toBeInstanceOf(HttpException);
      expect(error).toMatchObject({
        status: 400,
        message: expect.stringContaining('REA2003'),
        response: { statusCode: 400, code: 'REA2003' },
        violation: { rule: { id: 'missing-key' }, refused: true },
      });
    }
    expect(violations.map(({ refused }) => refused)).toEqual(Array(6).fill(true));
    expect(await app.invocations()).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test('is refused also when the key is an empty text, which the ingress would take for none', async () => {
    const error = await app.ingress
      .service(Mail)
      .call.deliver('a', { idempotencyKey: '' })
      .then(
        () => 'sent',
        (caught: unknown) => caught,
      );
    expect(error).toMatchObject({ status: 400, message: expect.stringContaining('REA3021') });
    expect(await app.invocations()).toEqual([]);
  });

  test('passes with a key, or with false', async () => {
    expect(await app.ingress.service(Mail).call.deliver('a', { idempotencyKey: newId() })).toBe('a');
    expect(await app.ingress.service(Mail).call.deliver('b', { idempotencyKey: false })).toBe('b');
    expect(violations).toEqual([]);
  });

  test('is not meant by reads and the verbs of workflows', async () => {
    expect(await readsAndWorkflowVerbs()).toEqual(answers);
    expect(violations).toEqual([]);
  });
});

describe('In mode strict, an idempotency key', () => {
  beforeAll(() => start('strict'));
  afterAll(() => app.close());

  test.each([
    ['a time', 'order-1764000000000'],
    ['a date', 'order-2026-11-24'],
    ['a missing value', 'order-undefined'],
    ['a space', 'order 7'],
  ])('with %s is refused with 400, before anything is sent', async (_what, idempotencyKey) => {
    for (const write of [
      () => app.ingress.service(Mail).call.deliver('a', { idempotencyKey }),
      () => app.ingress.object(Box).of('one').send.put(1, { idempotencyKey }),
    ]) {
      await expect(write()).rejects.toMatchObject({ status: 400, response: { code: 'REA2008' } });
    }
    expect(violations.map(({ rule, place }) => `${rule.id} ${place}`)).toEqual([
      'weak-key Mail call.deliver',
      'weak-key Box send.put',
    ]);
    expect(await app.invocations()).toEqual([]);
  });

  test('of a client that makes it at random passes', async () => {
    expect(await app.ingress.service(Mail).call.deliver('a', { idempotencyKey: crypto.randomUUID() })).toBe('a');
    expect(violations).toEqual([]);
  });

  test('on a submission is refused with 500', async () => {
    const options = { idempotencyKey: 'key' } as object;
    await expect(app.ingress.workflow(Flow).of(newId()).submit(undefined, options)).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2007' },
    });
  });
});

describe('In mode strict, inside a run of a handler, a write without an idempotency key', () => {
  beforeAll(() => start('strict'));
  afterAll(() => app.close());

  test('stays terminal: it is not tried again', async () => {
    Mail.inRun = () => app.ingress.service(Mail).call.post('a');
    await expect(app.ingress.service(Mail).call.forward('a', { idempotencyKey: false })).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2003' },
    });
  });
});

describe('In mode disabled, a write without an idempotency key', () => {
  beforeAll(() => start('disabled'));
  afterAll(() => app.close());

  test('runs and is not spoken of, until the rule is turned on', async () => {
    expect(await app.ingress.service(Mail).call.deliver('a')).toBe('a');
    expect([warnings, violations]).toEqual([[], []]);
    app.get(PolicyService).set('strict', 'missing-key');
    await expect(app.ingress.service(Mail).call.deliver('a')).rejects.toThrow('REA2003');
  });
});
