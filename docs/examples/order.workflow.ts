// #region workflow
import type { WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { InjectClient, promise, promiseKey, type ServiceClient, state, stateKey, Workflow } from '@rea/core';
import { WorkflowQuery, WorkflowRun, WorkflowSignal } from '@rea/core';
import { Payments } from './payments.service.js';

@Workflow()
export class Order {
  static readonly status = stateKey<string>('status', { default: () => 'new' });
  static readonly approval = promiseKey<{ by: string }>('approval');

  constructor(@InjectClient(Payments) private readonly payments: ServiceClient<Payments>) {}

  @WorkflowRun() // once per order id; it may take minutes or months
  async place(ctx: WorkflowContext, amount: number): Promise<string> {
    state(ctx, Order.status).set('waiting for approval');
    const { by } = await promise(ctx, Order.approval).get(); // survives restarts, costs nothing while it waits
    const receipt = await this.payments.call.charge(amount);
    return `${receipt}, approved by ${by}`;
  }

  @WorkflowSignal()
  async approve(ctx: WorkflowSharedContext, by: string): Promise<void> {
    await promise(ctx, Order.approval).resolve({ by });
  }

  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<string> {
    return state(ctx, Order.status).get();
  }
}
// #endregion workflow
