import { Handler, run, Service } from '@rea/core';
import { ObservabilityModule, ReaHealth } from '@rea/observability';
import { Compensation, compensateWith, DeadLetters, SagaModule, Sagas } from '@rea/saga';
import { createTestApp } from '@rea/testing';
import { Injectable } from '@nestjs/common';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { expect, test } from 'vitest';
import { until } from '../../../core/test/support/until.js';
import '../../../../test/support/claim.js';

@Injectable()
class Undoing {
  @Compensation('undo')
  async undo(): Promise<void> {
    throw new TerminalError('the bank is closed', { errorCode: 503 });
  }
}

@Service()
class Shop {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async buy(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'buy', async (saga) => {
      await saga.step('pay', { compensate: () => compensateWith('undo'), action: () => run(ctx, 'pay', () => 1) });
      throw new TerminalError('refused', { errorCode: 422 });
    });
  }
}

test('A dead letter degrades health while it is open, and no longer', { meta: { claim: 'visible' } }, async () => {
  const app = await createTestApp({
    imports: [
      SagaModule.forRoot({ retry: { maxAttempts: 1 }, supervisor: false }),
      ObservabilityModule.forRoot({ health: true }),
    ],
    providers: [Shop, Undoing],
  });
  const health = app.get<ReaHealth>(ReaHealth);
  const letters = app.get(DeadLetters);
  expect(await health.deadLetters()).toEqual({ deadLetters: { status: 'up', open: 0 } });
  const bought = app.ingress.service(Shop).call.buy(undefined, { idempotencyKey: false });
  await expect(bought).rejects.toMatchObject({ status: 422 });
  await until(async () => (await letters.count({ status: 'open' })) === 1, 'There is no dead letter.');
  expect(await health.deadLetters()).toMatchObject({ deadLetters: { status: 'degraded', open: 1 } });
  const { entries } = await letters.list({ status: 'open' });
  await letters.discard(entries[0]!.id, { by: 'ada', note: 'a test' });
  expect(await health.deadLetters()).toEqual({ deadLetters: { status: 'up', open: 0 } });
  await app.close();
});
