import { Injectable } from '@nestjs/common';
import { ReaEvents, type ReaEventType } from '@rea/core';
import { ObservabilityModule, OnReaEvent } from '@rea/observability';
import { DeadLetters, SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { until } from '../../../core/test/support/until.js';
import { type Scrape, scrape } from '../support/scrape.js';
import { Acts, Backstage, Play, Props, Tour, Undoing } from './scenario.components.js';

/** One hook for each end of a hook's call. */
@Injectable()
class Hooks {
  @OnReaEvent('workflow-ended')
  handles(): void {}

  @OnReaEvent('workflow-ended')
  fails(): void {
    throw new Error('bad hook');
  }

  @OnReaEvent('workflow-ended')
  blocks(): void {
    const freeAt = performance.now() + 60;
    while (performance.now() < freeAt);
  }
}

const ANEW = { idempotencyKey: false } as const;

/** An application with metrics, in which one thing of each kind has happened. */
export class Scenario {
  private constructor(
    readonly app: ReaTestApp,
    private readonly url: string,
  ) {}

  static async play(): Promise<Scenario> {
    const app = await createTestApp({
      imports: [
        SagaModule.forRoot({ retry: { initialInterval: 1, maxAttempts: 2 }, supervisor: { interval: 50 } }),
        ObservabilityModule.forRoot({ metrics: true, watch: { interval: 50 } }),
      ],
      providers: [Acts, Backstage, Hooks, Play, Props, Tour, Undoing],
      rea: { policy: 'warn' },
    });
    await app.app.listen(0, '127.0.0.1');
    const scenario = new Scenario(app, await app.app.getUrl());
    await scenario.perform();
    return scenario;
  }

  scrape(): Promise<Scrape> {
    return scrape(`${this.url}/metrics`);
  }

  close(): Promise<void> {
    return this.app.close();
  }

  private async perform(): Promise<void> {
    const { app } = this;
    const { ingress } = app;
    const backstage = app.get(Backstage);
    const play = ingress.service(Play);
    const ends = this.counted('invocation-ended');
    const calls = (name: 'succeeds' | 'failsTwice' | 'stumbles' | 'naps') => play.call[name](undefined, ANEW);

    await play.call.succeeds(undefined, { idempotencyKey: 'the-first' });
    await play.send.succeeds(undefined, { idempotencyKey: 'the-first' }); // known, not run again
    await play.call.fails(undefined, ANEW).catch(() => undefined);
    for (const name of ['failsTwice', 'stumbles', 'naps'] as const) await calls(name);

    const cancelled = play.call.isCancelled(undefined, ANEW).catch(() => undefined);
    await app.cancel(await backstage.invocation('isCancelled').promise);
    await cancelled;
    const killed = play.call.isKilled(undefined, ANEW).catch(() => undefined);
    await app.kill(await backstage.invocation('isKilled').promise);
    await killed;
    await play.send.isPaused(undefined, ANEW);

    const props = ingress.object(Props).of('own');
    await props.call.asks(undefined, ANEW);
    await props.call.holds(undefined, ANEW);
    const tour = await ingress.workflow(Tour).of('east').submit();
    await tour.attach();

    const acts = ingress.service(Acts);
    await acts.call.completes(undefined, ANEW);
    for (const name of ['rollsBack', 'isStuck', 'isStuck'] as const) {
      await acts.call[name](undefined, ANEW).catch(() => undefined);
    }
    const deadLetters = app.get(DeadLetters);
    const [entry] = (await deadLetters.list()).entries;
    await deadLetters.resolve(entry!.id, { by: 'Ada', note: 'by hand' });
    const killedSaga = acts.call.isKilled(undefined, ANEW).catch(() => undefined);
    await app.kill(await backstage.invocation('saga').promise);
    await killedSaga;

    // These two have tests of their own where they happen; here it is told that they have.
    const events = app.get(ReaEvents);
    events.publish('security-rejected', () => ({
      reason: 'unsigned',
      refused: true,
      status: 401,
      address: undefined,
      path: '/',
    }));
    events.publish('webhook-rejected', () => ({ scheme: 'stripe', reason: 'stale' }));
    await until(() => ends.includes('handles'), 'The hook has not ended.');
  }

  /** Names of the handlers that a type of event was about, as they come. */
  private counted(type: Extract<ReaEventType, 'invocation-ended'>): string[] {
    const handlers: string[] = [];
    this.app.get(ReaEvents).on(type, ({ handler }) => handlers.push(handler));
    return handlers;
  }
}
