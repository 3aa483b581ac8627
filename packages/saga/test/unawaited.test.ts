import { type PolicyMode, run } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { Play } from './support/play.js';
import type { Scene } from './support/scenes.js';
import { Theatre } from './support/theatre.js';

const MODES: readonly PolicyMode[] = ['strict', 'warn', 'disabled'];

describe.for(MODES)('In mode %s, what a saga does not await', { meta: { claim: 'unawaited' } }, (mode) => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open({}, { policy: mode });
  });
  afterAll(() => theatre?.close());

  const scenes: [string, RegExp, (play: Play) => Scene, string[]][] = [
    [
      'a step',
      /the step "b"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            void saga.step('b', play.step(ctx, 'b'));
            return 'done';
          }),
      ['undo b value-b', 'undo a value-a'],
    ],
    [
      'a step in forEach(async)',
      /the step "b"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            ['b'].forEach((name) => void saga.step(name, play.step(ctx, name)));
            return 'done';
          }),
      ['undo b value-b', 'undo a value-a'],
    ],
    [
      'parallel steps',
      /the step "b", the step "c"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            void saga.parallel({ b: play.step(ctx, 'b'), c: play.step(ctx, 'c') });
            return 'done';
          }),
      ['undo a value-a'],
    ],
    [
      'a run',
      /the run "b"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            void run(ctx, 'b', () => 'b');
            return 'done';
          }),
      ['undo a value-a'],
    ],
    [
      'a nested saga',
      /the nested saga "inner"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            void saga.nested('inner', (inner) => inner.step('b', play.step(ctx, 'b')));
            return 'done';
          }),
      ['undo b value-b', 'undo a value-a'],
    ],
    [
      'a step of a nested saga',
      /the step "inner\/b"/i,
      (play) =>
        (ctx, { sagas }) =>
          sagas.run(ctx, 'order', async (saga) => {
            await saga.step('a', play.step(ctx, 'a'));
            await saga.nested('inner', async (inner) => void inner.step('b', play.step(ctx, 'b')));
            return 'done';
          }),
      ['undo b value-b', 'undo a value-a'],
    ],
    [
      'the saga',
      /the saga "order"/i,
      (play) =>
        async (ctx, { sagas }) => {
          void sagas.run(ctx, 'order', (saga) => saga.step('a', play.step(ctx, 'a')));
          return 'done';
        },
      [],
    ],
  ];

  test.each(scenes)('is refused and undone: %s', async (_what, named, make, undone) => {
    const play = new Play();
    const ending = await theatre.play(play, make(play));
    const refusal = { status: 500, message: expect.stringMatching(/REA2050/) };
    expect(ending).toMatchObject(mode === 'disabled' ? { value: 'done' } : refusal);
    const { message = '' } = ending as { message?: string };
    expect(mode === 'disabled' || named.test(message)).toBe(true);
    expect(play.undone).toEqual(mode === 'disabled' ? [] : undone);
  });

  test('does not hide the error of its block', async () => {
    tried(1);
    const play = new Play();
    const ending = await theatre.play(play, (ctx, { sagas }) =>
      sagas.run(ctx, 'order', async (saga) => {
        await saga.step('a', play.step(ctx, 'a'));
        void run(ctx, 'b', () => 'b');
        throw new TerminalError('its own', { errorCode: 418 });
      }),
    );
    expect(ending).toMatchObject({ status: 418 });
    expect(play.undone).toEqual(['undo a value-a']);
  });
});
