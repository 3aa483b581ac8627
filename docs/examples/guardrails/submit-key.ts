import { Injectable } from '@nestjs/common';
import type { Context, WorkflowContext } from '@restatedev/restate-sdk';
import { Handler, InjectClient, Service, Workflow, type WorkflowClient, WorkflowRun } from '@rea/core';
import { type IngressWorkflowClient, InjectIngress } from '@rea/ingress';
import type { RunningScenario } from './scenario.js';

@Workflow({ retention: 'standard' })
export class Shipment {
  @WorkflowRun()
  async ship(_ctx: WorkflowContext, address: string): Promise<string> {
    return `sent to ${address}`;
  }
}

@Service()
export class Warehouse {
  constructor(@InjectClient(Shipment) private readonly shipments: WorkflowClient<Shipment>) {}

  // #region bad
  @Handler()
  async shipWithKey(_ctx: Context, orderId: string): Promise<string> {
    const options: object = { idempotencyKey: `ship/${orderId}` }; // a type that hides it from the compiler
    return this.shipments.of(orderId).submit('Main Street 1', options).attach(); // two keys for one shipment
  }
  // #endregion bad

  // #region good
  @Handler()
  async ship(_ctx: Context, orderId: string): Promise<string> {
    return this.shipments.of(orderId).submit('Main Street 1').attach();
  }
  // #endregion good
}

@Injectable()
export class ShipmentDesk {
  constructor(@InjectIngress(Shipment) private readonly shipments: IngressWorkflowClient<Shipment>) {}

  async shipWithKey(orderId: string): Promise<string> {
    const options: object = { idempotencyKey: `ship/${orderId}`, timeout: 10_000 };
    return (await this.shipments.of(orderId).submit('Main Street 1', options)).attach();
  }
}

export const scenario: RunningScenario = {
  providers: [Shipment, Warehouse, ShipmentDesk],
  bad: [
    {
      form: 'in a handler',
      provoke: (app, key) => app.ingress.service(Warehouse).call.shipWithKey(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm: 'the key is left out of the submission: the workflow id decides' },
    },
    {
      form: 'through the ingress',
      provoke: (app, key) => app.get(ShipmentDesk).shipWithKey(key),
      unguarded: { outcome: 'answers', harm: 'the key is left out of the submission: the workflow id decides' },
    },
  ],
  good: [(app, key) => app.ingress.service(Warehouse).call.ship(key, { idempotencyKey: false })],
};
