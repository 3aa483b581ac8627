import { type ReaEventMap, ReaEvents, type SagaEventType } from '@rea/core';
import { type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

const TYPES: readonly SagaEventType[] = [
  'saga-started',
  'saga-step-started',
  'saga-step-ended',
  'saga-step-retried',
  'saga-rolling-back',
  'compensation-started',
  'compensation-failed',
  'compensation-ended',
  'saga-ended',
];

let theatre: Theatre;
const told: { readonly type: SagaEventType; readonly event: ReaEventMap[SagaEventType] }[] = [];
beforeAll(async () => {
  theatre = await Theatre.open();
  const events = theatre.app.get(ReaEvents);
  for (const type of TYPES) events.on(type, (event) => told.push({ type, event }));
});
afterAll(() => theatre?.close());

const toldOf = (saga: string) => told.filter(({ event }) => event.saga === saga);

test('a saga tells each step, compensation, failed try and its end once, in order, also when it is replayed', async () => {
  const play = new Play().fail('b', 1).fail('a', 9);
  const saga = theatre.sagaName('told');
  const performance = await theatre.startOnObject<ObjectContext>(play, 'told', (ctx, { sagas }) =>
    sagas.run(ctx, saga, async (running) => {
      await running.step('a', play.step(ctx, 'a'));
      await running.step('b', play.step(ctx, 'b'));
      await running.step('c', play.failing(ctx, 'c'));
    }),
  );
  await performance.ending();
  const lines = toldOf(saga).map(({ type, event }) => {
    const { invocationId: _, service, handler, key, saga: _name, ...details } = event;
    expect([service, handler, key]).toEqual(['ObjectStage', 'play', 'told']);
    return [type, details];
  });
  expect(lines).toEqual([
    ['saga-started', {}],
    ['saga-step-started', { step: 'a' }],
    ['saga-step-ended', { step: 'a', outcome: 'done' }],
    ['saga-step-started', { step: 'b' }],
    ['saga-step-ended', { step: 'b', outcome: 'done' }],
    ['saga-step-started', { step: 'c' }],
    ['saga-step-ended', { step: 'c', outcome: 'failed' }],
    ['saga-rolling-back', { cause: 'error' }],
    ['compensation-started', { step: 'c', compensation: 'undo' }],
    ['compensation-ended', { step: 'c', compensation: 'undo', outcome: 'done', attempts: 1 }],
    ['compensation-started', { step: 'b', compensation: 'undo' }],
    [
      'compensation-failed',
      { step: 'b', compensation: 'undo', attempt: 1, error: 'Run "undo b" failed on try 1: cannot undo b' },
    ],
    ['compensation-ended', { step: 'b', compensation: 'undo', outcome: 'done', attempts: 2 }],
    ['compensation-started', { step: 'a', compensation: 'undo' }],
    ...[1, 2, 3].map((attempt) => [
      'compensation-failed',
      { step: 'a', compensation: 'undo', attempt, error: 'Run "undo a" failed on try 1: cannot undo a' },
    ]),
    ['compensation-ended', { step: 'a', compensation: 'undo', outcome: 'dead-lettered', attempts: 3 }],
    ['saga-ended', { status: 'incomplete' }],
  ]);
  expect(new Set(toldOf(saga).map(({ event }) => event.invocationId))).toEqual(new Set([performance.id]));
});

test('a step after the pivot tells its failed tries', async () => {
  const play = new Play();
  const saga = theatre.sagaName('forward');
  await theatre.play(play, (ctx, { sagas }) =>
    sagas.run(ctx, saga, async (running) => {
      await running.pivot('p', play.step(ctx, 'p'));
      await running.step('mail', {
        irreversible: true,
        action: async ({ attempt }) => {
          if (attempt < 3) throw new TerminalError(`busy ${attempt}`);
        },
      });
    }),
  );
  const retried = toldOf(saga).filter(({ type }) => type === 'saga-step-retried');
  expect(retried.map(({ event }) => event)).toMatchObject([
    { step: 'mail', attempt: 1, error: 'busy 1' },
    { step: 'mail', attempt: 2, error: 'busy 2' },
  ]);
  expect(toldOf(saga).at(-1)).toMatchObject({ type: 'saga-ended', event: { status: 'completed' } });
});
