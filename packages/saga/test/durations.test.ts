import { type CompensationRetry, SagaModule, type SagaModuleOptions, type SagaRunOptions } from '@rea/saga';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { NO_DURATIONS } from '../../core/test/support/no-durations.js';
import { Play } from './support/play.js';
import { Theatre } from './support/theatre.js';

describe('A duration among the options of SagaModule', { meta: { claim: 'durations' } }, () => {
  test.each<[string, (value: number) => SagaModuleOptions]>([
    ['retry.initialInterval', (initialInterval) => ({ retry: { initialInterval } })],
    ['retry.maxInterval', (maxInterval) => ({ retry: { maxInterval } })],
    ['supervisor.interval', (interval) => ({ supervisor: { interval } })],
    ['supervisor.window', (window) => ({ supervisor: { window } })],
  ])('is refused when the module is defined: %s', (path, options) => {
    tried(NO_DURATIONS.length);
    for (const value of NO_DURATIONS) {
      expect(() => SagaModule.forRoot(options(value as number))).toThrow(`REA1001: The option ${path} `);
    }
  });
});

describe('A duration among the options of one saga', { meta: { claim: 'durations' } }, () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open();
  });
  afterAll(() => theatre?.close());

  const retry = (option: keyof CompensationRetry) => (value: number) => ({ retry: { [option]: value } });

  test.each<[string, (value: number) => SagaRunOptions]>([
    ['deadline', (deadline) => ({ deadline })],
    ['retry.initialInterval', retry('initialInterval')],
    ['retry.maxInterval', retry('maxInterval')],
  ])('is refused terminally before anything is done: %s', async (path, options) => {
    tried(NO_DURATIONS.length);
    const play = new Play();
    const errors = await theatre.play(play, async (ctx, { sagas }) => {
      const found: string[] = [];
      for (const value of NO_DURATIONS) {
        try {
          await sagas.run(ctx, 'none', (saga) => saga.step('a', play.step(ctx, 'a')), options(value as number));
          found.push('accepted');
        } catch (error) {
          found.push(
            error instanceof TerminalError ? `${error.metadata?.['rea.code']} ${error.message}` : String(error),
          );
        }
      }
      return found;
    });
    expect(errors).toMatchObject({
      value: NO_DURATIONS.map(() => expect.stringContaining(`REA1001 REA1001: The option ${path} `)),
    });
    expect(play.effects.log).toEqual([]);
  });
});
