import {
  awakeable,
  Handler,
  promise,
  promiseKey,
  ReaEvents,
  resolveAwakeable,
  Service,
  Workflow,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import { IsInt, IsString, Min } from 'class-validator';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { z } from 'zod';

class Approval {
  @IsString()
  by!: string;

  @IsInt()
  @Min(1)
  level!: number;

  describe(): string {
    return `${this.by} (${this.level})`;
  }
}

const Zod = z.object({ by: z.string(), level: z.int().min(1) });
const Valibot = v.object({ by: v.string(), level: v.pipe(v.number(), v.integer(), v.minValue(1)) });

const entered: string[] = [];
const attempts: string[] = [];

@Workflow()
class Release {
  static readonly zod = promiseKey<z.infer<typeof Zod>>('zod', { schema: Zod });
  static readonly valibot = promiseKey<v.InferOutput<typeof Valibot>>('valibot', { schema: Valibot });
  static readonly dto = promiseKey('dto', { schema: Approval });

  /** Waits for one of its promises, and tells what came. */
  @WorkflowRun()
  async run(ctx: WorkflowContext, which: 'zod' | 'valibot' | 'dto'): Promise<unknown> {
    try {
      const value = await promise<object>(ctx, Release[which]).get();
      return value instanceof Approval ? value.describe() : value;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      return { code: error.code, details: JSON.parse(error.metadata!['rea.details']!) };
    }
  }

  @WorkflowSignal({ input: Zod })
  async zod(_ctx: WorkflowSharedContext, _input: z.infer<typeof Zod>): Promise<void> {
    entered.push('zod');
  }

  @WorkflowSignal({ input: Valibot })
  async valibot(_ctx: WorkflowSharedContext, _input: v.InferOutput<typeof Valibot>): Promise<void> {
    entered.push('valibot');
  }

  @WorkflowSignal({ input: Approval })
  async dto(_ctx: WorkflowSharedContext, _input: Approval): Promise<void> {
    entered.push('dto');
  }

  /** Settles a promise with whatever comes, as a signal without a schema does. */
  @WorkflowSignal()
  async settle(ctx: WorkflowSharedContext, { which, value }: { which: 'zod' | 'valibot' | 'dto'; value: never }) {
    await promise<never>(ctx, Release[which] as never).resolve(value);
  }
}

@Service()
class Desk {
  static readonly ids = new Map<string, string>();

  @Handler()
  async ask(ctx: Context, kind: 'dto' | 'valibot'): Promise<unknown> {
    const asked =
      kind === 'dto' ? awakeable<object>(ctx, { schema: Approval }) : awakeable<object>(ctx, { schema: Valibot });
    Desk.ids.set(kind, asked.id);
    const value = await asked.promise;
    return value instanceof Approval ? value.describe() : value;
  }

  @Handler()
  async answer(ctx: Context, { id, value }: { id: string; value: unknown }): Promise<void> {
    resolveAwakeable(ctx, id, value);
  }
}

let app: ReaTestApp;

beforeAll(async () => {
  app = await createTestApp({ providers: [Release, Desk] });
  app.get(ReaEvents).on('attempt-started', ({ handler }) => attempts.push(handler));
});
afterAll(() => app?.close());
beforeEach(() => {
  entered.length = 0;
  attempts.length = 0;
});

const KINDS = ['zod', 'valibot', 'dto'] as const;
const good = { by: 'ada', level: 2 };
const wrong = { by: 'ada', level: 0.5 };

describe.each(KINDS)('By %s', (kind) => {
  test('a signal whose input does not fit is refused with 400 and the path, in one attempt, before the handler', async () => {
    const { signal } = app.ingress.workflow(Release).of(`signal-${kind}`);
    await expect(signal[kind](wrong as never)).rejects.toMatchObject({
      status: 400,
      response: { code: 'REA2010', details: expect.arrayContaining([{ path: 'level', message: expect.any(String) }]) },
    });
    expect(entered).toEqual([]);
    expect(attempts).toEqual([kind]);
    await signal[kind](good as never);
    expect(entered).toEqual([kind]);
  });

  test('what a promise was settled with is checked, and is what the schema makes of it', async () => {
    const release = app.ingress.workflow(Release).of(`promise-${kind}`);
    await release.submit(kind);
    await release.signal.settle({ which: kind, value: good as never });
    expect(await release.attach()).toEqual(kind === 'dto' ? 'ada (2)' : good);
  });

  test('a promise is not settled with something else: the signal fails with 400 and the path, and the run waits on', async () => {
    const release = app.ingress.workflow(Release).of(`wrong-${kind}`);
    await release.submit(kind);
    await expect(release.signal.settle({ which: kind, value: wrong as never })).rejects.toMatchObject({
      status: 400,
      response: {
        code: 'REA2010',
        details: expect.arrayContaining([{ path: 'level', message: expect.any(String) }]),
      },
    });
    expect(await release.output()).toEqual({ ready: false });
  });
});

test.each(['dto', 'valibot'] as const)('By %s the payload of an awakeable is checked', async (kind) => {
  const { call } = app.ingress.service(Desk);
  for (const [value, outcome] of [
    [good, kind === 'dto' ? 'ada (2)' : good],
    [wrong, expect.objectContaining({ status: 400 })],
  ]) {
    Desk.ids.clear();
    const asked = call.ask(kind, { idempotencyKey: false }).catch((error: unknown) => error);
    await expect.poll(() => Desk.ids.get(kind)).toBeDefined();
    await call.answer({ id: Desk.ids.get(kind)!, value }, { idempotencyKey: false });
    expect(await asked).toEqual(outcome);
  }
});
