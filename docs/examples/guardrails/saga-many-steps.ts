import { Handler, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { RunningScenario } from './scenario.js';

@Service()
export class Palette {
  // #region good
  @Handler()
  async load(ctx: Context, boxes: number): Promise<void> {
    await run(ctx, 'load', () => `${boxes} boxes`);
  }
}

@Service()
export class Loading {
  constructor(
    private readonly sagas: Sagas,
    @InjectClient(Palette) private readonly palettes: ServiceClient<Palette>,
  ) {}

  @Handler()
  async loadPalette(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'palette', (saga) =>
      saga.step('load', {
        compensate: () => () => run(ctx, 'unload', () => 'unloaded'),
        action: () => this.palettes.call.load(21), // one step, whatever the other service does for it
      }),
    );
  }
  // #endregion good

  // #region bad
  @Handler()
  async loadBoxes(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'boxes', async (saga) => {
      for (let box = 1; box <= 21; box += 1) {
        // every replay and every rollback goes through all of them
        await saga.step(`box-${box}`, {
          compensate: () => () => run(ctx, `unload ${box}`, () => box),
          action: () => run(ctx, `load ${box}`, () => box),
        });
      }
    });
  }
  // #endregion bad
}

export const scenario: RunningScenario = {
  providers: [Palette, Loading],
  bad: [
    {
      form: 'more than 20 steps',
      provoke: (app) => app.ingress.service(Loading).call.loadBoxes(undefined, { idempotencyKey: false }),
      unguarded: {
        outcome: 'answers',
        harm: 'each replay runs through all steps, and a rollback through all compensations',
      },
    },
  ],
  good: [(app) => app.ingress.service(Loading).call.loadPalette(undefined, { idempotencyKey: false })],
};
