import {
  awakeable,
  Handler,
  promise,
  promiseKey,
  resolveAwakeable,
  Service,
  Workflow,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import '../../../../test/support/claim.js';

const Day = z.codec(z.iso.datetime(), z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

/** zod encodes none that has a transform in it, and throws what is not about the value. */
const Mixed = z.object({ at: Day, name: z.string().transform((name) => name.trim()) });
const OfItsOwn = {
  '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  encode(): never {
    throw new TypeError('cannot');
  },
};

const SCHEMAS = { Mixed, OfItsOwn } as const;
type Name = keyof typeof SCHEMAS;
const NAMES = Object.keys(SCHEMAS) as Name[];
const VALUE = { at: new Date(0), name: 'x' };
const keyOf = (name: Name) => promiseKey(name, { schema: SCHEMAS[name] as never });
const RETRIES = { initialInterval: 20, maxAttempts: 3, onMaxAttempts: 'kill' } as const;
let attempts = 0;

@Workflow({ retryPolicy: RETRIES })
class Flow {
  @WorkflowRun()
  async run(_ctx: WorkflowContext): Promise<void> {}

  @WorkflowSignal()
  async settle(ctx: WorkflowSharedContext, name: Name): Promise<void> {
    attempts += 1;
    await promise(ctx, keyOf(name)).resolve(VALUE);
  }
}

@Service({ retryPolicy: RETRIES })
class Desk {
  @Handler()
  async resolve(ctx: Context, name: Name): Promise<void> {
    attempts += 1;
    resolveAwakeable<unknown>(ctx, awakeable(ctx).id, VALUE, { schema: SCHEMAS[name] as never });
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Flow, Desk], failures: 'off' });
});
afterAll(() => app?.close());

describe('A schema that cannot write is terminal', { meta: { claim: 'state-schemas' } }, () => {
  const once = { idempotencyKey: false } as const;
  const refusal = (subject: string) => ({
    code: 'REA7081',
    status: 500,
    message: expect.stringMatching(new RegExp(`${subject}.* would not be read as it was written: its codec cannot`)),
  });

  test.for(NAMES)('where a promise is resolved: %s', async (name) => {
    attempts = 0;
    const settled = app.ingress.workflow(Flow).of(name).signal.settle(name);
    await expect(settled).rejects.toMatchObject(refusal('promise'));
    expect(attempts).toBe(1);
  });

  test.for(NAMES)('where an awakeable is resolved: %s', async (name) => {
    attempts = 0;
    const settled = app.ingress.service(Desk).call.resolve(name, once);
    await expect(settled).rejects.toMatchObject(refusal('awakeable'));
    expect(attempts).toBe(1);
  });
});
