import { parallel, ReaEvents, ReaRuntime, run } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { SagaModule } from '@rea/saga';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { inRequest, recordSpans, spansOf } from '../support/recorded-spans.js';
import { Echo, type Scene, sceneNamed, Stage } from '../support/scenes.js';

recordSpans();

function start(traces: boolean, namespace: string, port: number): Promise<ReaTestApp> {
  return createTestApp({
    rea: { namespace, endpoint: { port } },
    imports: [SagaModule.forRoot(), ObservabilityModule.forRoot({ traces })],
    providers: [Stage, Echo],
  });
}

test.for([
  ['off', true],
  ['on', false],
] as const)('Traces can be switched %s while an invocation is under way', async ([, before]) => {
  const waits: string[] = [];
  const scene: Scene = (ctx, { sagas, spans, echo }) =>
    sagas.run(ctx, 'switched', async (saga) => {
      const first = await saga.step('first', { irreversible: true, action: () => echo.call.say('one') });
      const both = await spans.in('both', () =>
        parallel(ctx, {
          left: async () => [await run(ctx, 'left', () => 'l'), await echo.call.say('two')],
          right: async () => [await echo.call.say('three'), await run(ctx, 'right', () => 'r')],
        }),
      );
      const { id, promise } = ctx.awakeable<string>();
      waits.push(id);
      const last = await saga.step('last', { irreversible: true, action: () => promise });
      return [first, both, last, await echo.call.say('four')];
    });
  const namespace = `switched${process.pid}${Date.now().toString(36)}`;
  const one = await start(before, namespace, 0);
  const { port } = new URL(one.get<ReaRuntime>(ReaRuntime).endpointUrl!);
  const { traceId, answer } = await inRequest('request', () =>
    one.ingress.service(Stage).send.play(sceneNamed(scene), { idempotencyKey: namespace }),
  );
  await eventually(() => expect(waits.length).toBeGreaterThan(0));
  await one.close();

  const two = await start(!before, namespace, Number(port));
  const outcomes: string[] = [];
  two.get<ReaEvents>(ReaEvents).on('attempt-ended', ({ outcome }) => outcomes.push(outcome));
  const { ingressUrl } = await sharedServer();
  await fetch(`${ingressUrl}/restate/awakeables/${waits[0]}/resolve`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify('done'),
  });
  await eventually(async () =>
    expect(await two.invocations('Stage')).toEqual([expect.objectContaining({ completion_result: 'success' })]),
  );
  await two.close();
  expect(outcomes).not.toContain('retrying');
  expect(answer.invocationId).toMatch(/^inv_/);
  expect(spansOf(traceId).map(({ name }) => name)).toContain(before ? 'step first' : 'request');
});
