import { Handler, run, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import type { StartScenario } from './scenario.js';

// #region bad
@Service({ retryPolicy: { maxAttempts: 5, onMaxAttempts: 'kill' } }) // a killed saga runs no compensation
export class Rental {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async rent(ctx: Context, car: string): Promise<string> {
    return this.sagas.run(ctx, 'rental', (saga) =>
      saga.step('key', {
        compensate: () => () => run(ctx, 'take back', () => car),
        action: () => run(ctx, 'hand out', () => car),
      }),
    );
  }
}
// #endregion bad

// #region good
@Service({ retryPolicy: { maxAttempts: 5, onMaxAttempts: 'pause' } }) // resume it to retry, cancel it to roll back
export class PausingRental {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async rent(ctx: Context, car: string): Promise<string> {
    return this.sagas.run(ctx, 'rental', (saga) =>
      saga.step('key', {
        compensate: () => () => run(ctx, 'take back', () => car),
        action: () => run(ctx, 'hand out', () => car),
      }),
    );
  }
}
// #endregion good

export const scenario: StartScenario = {
  start: {
    bad: [Rental],
    good: [PausingRental],
    harm: 'it starts; a saga that is killed after its fifth attempt leaves everything done',
  },
};
