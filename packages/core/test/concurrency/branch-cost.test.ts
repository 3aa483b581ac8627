import { Handler, parallel, PolicyService, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const BRANCHES = 4_000;
const ROUNDS = 5;

@Service()
class Wide {
  /** Gives how long it took, in milliseconds. */
  @Handler()
  async wide(ctx: Context, branches: number): Promise<number> {
    const started = performance.now();
    await parallel(
      ctx,
      Array.from({ length: branches }, (_, index) => async () => index),
    );
    return performance.now() - started;
  }
}

describe('The guardrails on what is not awaited', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Wide], failures: 'off' });
  });
  afterAll(() => app?.close());

  test('cost each branch the same, however many there are', async () => {
    const measure = async (mode: 'warn' | 'disabled'): Promise<number> => {
      for (const rule of ['unawaited', 'unawaited-call'] as const) app.get(PolicyService).set(mode, rule);
      return app.ingress.service(Wide).call.wide(BRANCHES, { idempotencyKey: false });
    };
    const [watched, unwatched]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      watched.push(await measure('warn'));
      unwatched.push(await measure('disabled'));
    }
    expect(Math.min(...watched)).toBeLessThan(5 * Math.min(...unwatched));
  });
});
