import { setImmediate as drained } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Handler, run, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as () => void;

const ROUNDS = 40;

@Service()
class Waits {
  static readonly attempts: WeakRef<object>[] = [];

  @Handler()
  async both(ctx: Context): Promise<void> {
    Waits.attempts.push(new WeakRef(ctx));
    await Promise.all([run(ctx, 'a', () => 1), run(ctx, 'b', () => 2)]);
  }
}

describe('A refused native wait', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Waits], failures: 'off', rea: { policy: 'strict' } });
  });
  afterAll(() => app?.close());

  test('keeps nothing of its attempt', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const call = app.ingress.service(Waits).call.both(undefined, { idempotencyKey: false });
      await expect(call).rejects.toThrow('REA2017');
    }
    expect(Waits.attempts.length).toBeGreaterThanOrEqual(ROUNDS);
    // The last ones may still be held by their connection.
    await expect.poll(alive).toBeLessThan(ROUNDS / 4);
  });
});

async function alive(): Promise<number> {
  await drained();
  gc();
  return Waits.attempts.filter((attempt) => attempt.deref()).length;
}
