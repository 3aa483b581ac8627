import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import {
  forEach,
  InjectClient,
  orDefault,
  promise,
  promiseKey,
  retry,
  run,
  Service,
  type ServiceClient,
  sleepUntil,
  Handler,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
  WorkflowSignal,
  type WorkflowStatus,
  workflowStatus,
} from '@rea/core';
import type { Context, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';

export interface PurchaseInput {
  readonly skus: readonly string[];
  readonly total: number;
  /** When packing may start, in milliseconds. */
  readonly packAt: number;
  /** How long an approval may take, in milliseconds. */
  readonly patience: number;
}

/** Stands in for the packing robot. */
@Injectable()
export class Robot {
  readonly packed: string[] = [];
  /** How many packings fail before one succeeds. */
  jams = 0;

  pack(sku: string): void {
    if (this.jams > 0) {
      this.jams -= 1;
      throw new ServiceUnavailableException('The robot is jammed.');
    }
    this.packed.push(sku);
  }
}

@Service()
export class Packing {
  constructor(private readonly robot: Robot) {}

  @Handler()
  async pack(ctx: Context, sku: string): Promise<string> {
    await run(ctx, 'pack', () => this.robot.pack(sku), { retry: { maxAttempts: 3, initialInterval: 50 } });
    return sku;
  }
}

// #region workflow
@Workflow({
  status: true, // clients may ask how far it is
  retention: 'standard', // kept for 30 days after it has ended; without this, 24 hours
})
export class Purchase {
  static readonly approval = promiseKey<'yes' | 'no'>('approval');

  constructor(@InjectClient(Packing) private readonly packing: ServiceClient<Packing>) {}

  @WorkflowRun() // once per id, whatever crashes
  async place(ctx: WorkflowContext, input: PurchaseInput): Promise<string> {
    const status = workflowStatus(ctx);
    if (input.total > 1_000) {
      await status.set({ phase: 'waiting for approval', metadata: { total: input.total } });
      const answer = await orDefault(ctx, promise(ctx, Purchase.approval).get(), input.patience, 'no');
      if (answer === 'no') {
        await status.set({ phase: 'refused', progress: 1, isComplete: true, error: 'not approved' });
        return 'refused';
      }
    }
    await sleepUntil(ctx, input.packAt, 'until the warehouse opens'); // holds no process
    const packed = await forEach(ctx, input.skus, async (sku, index) => {
      await status.set({ phase: 'packing', currentStep: sku, progress: index / input.skus.length });
      await this.packing.call.pack(sku);
      await status.set({ completed: sku });
      return sku;
    });
    await status.set({ phase: 'shipped', progress: 1, isComplete: true });
    return `shipped ${packed.join(' and ')}`;
  }

  @WorkflowSignal()
  async decide(ctx: WorkflowSharedContext, answer: 'yes' | 'no'): Promise<void> {
    await promise(ctx, Purchase.approval).resolve(answer);
  }
}
// #endregion workflow

@Service()
export class Watcher {
  constructor(@InjectClient(Purchase) private readonly purchases: WorkflowClient<Purchase>) {}

  // #region retry
  @Handler()
  async untilShipped(ctx: Context, id: string): Promise<WorkflowStatus> {
    return retry(
      ctx,
      async () => {
        const status = await this.purchases.of(id).status();
        if (!status.isComplete) throw new Error(`still ${status.phase}`);
        return status;
      },
      { maxAttempts: 20, initialInterval: { milliseconds: 50 }, maxInterval: { seconds: 1 } },
    );
  }
  // #endregion retry
}
