import type { Context } from '@restatedev/restate-sdk';
import { Handler, installDeterminismGuard, now, run, Service, uuid } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Coupons {
  // #region bad
  @Handler()
  async issueAtRandom(ctx: Context, customer: string): Promise<string> {
    const code = Math.random().toString(36); // each replay makes another one
    await run(ctx, 'mail', () => `${code} to ${customer}`);
    return code;
  }
  // #endregion bad

  @Handler()
  async greetByClock(ctx: Context, customer: string): Promise<string> {
    if (new Date().getUTCHours() < 12) await run(ctx, 'mail', () => `Good morning, ${customer}`);
    return 'greeted';
  }

  // #region good
  @Handler()
  async issue(ctx: Context, customer: string): Promise<string> {
    const code = uuid(ctx); // the same on every replay
    const time = await now(ctx); // from the journal
    await run(ctx, 'mail', () => `${code} to ${customer}, at ${time.toISOString()}`);
    return code;
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Coupons],
  prepare: installDeterminismGuard,
  findsOncePerPlace: true,
  bad: [
    {
      form: 'randomness',
      provoke: (app, key) => app.ingress.service(Coupons).call.issueAtRandom(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the caller may get another code than was mailed' },
    },
    {
      form: 'a clock',
      provoke: (app, key) => app.ingress.service(Coupons).call.greetByClock(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'a replay at another time takes the other branch' },
    },
  ],
  good: [(app, key) => app.ingress.service(Coupons).call.issue(key, { idempotencyKey: false })],
};
