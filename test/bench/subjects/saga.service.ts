import { Handler, run, Service } from '@rea/core';
import { type Saga, Sagas } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { SAGA_STEPS, stepResult } from '../workload.js';
import { rolledBack } from './rolled-back.js';

/** Steps and what undoes them, as a saga. */
@Service({ name: 'Saga' })
export class SagaService {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async saga(ctx: Context, name: string): Promise<string> {
    return this.sagas.run(ctx, 'bench', (saga) => takeSteps(ctx, saga, name));
  }

  @Handler()
  async rollback(ctx: Context, name: string): Promise<string> {
    const fails = async (saga: Saga) => {
      await takeSteps(ctx, saga, name);
      throw new TerminalError('no more');
    };
    return this.sagas.run(ctx, 'bench', fails).catch(rolledBack);
  }
}

async function takeSteps(ctx: Context, saga: Saga, name: string): Promise<string> {
  let last = '';
  for (const step of SAGA_STEPS) {
    last = await saga.step(`step ${step}`, {
      compensate: () => () => run(ctx, `undo ${step}`, () => stepResult(step, name)),
      action: () => run(ctx, `step ${step}`, () => stepResult(step, name)),
    });
  }
  return last;
}
