import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { InjectClient, ReaModule, type WorkflowClient } from '@rea/core';
import { createTestApp, fakeContext, runInContext } from '@rea/testing';
import { expect, test } from 'vitest';
import { Cart } from './cart.object.js';
import { Order } from './order.workflow.js';

class Desk {
  constructor(@InjectClient(Order) private readonly orders: WorkflowClient<Order>) {}

  async result(id: string): Promise<unknown> {
    return this.orders.of(id).attach();
  }
}

@Module({
  imports: [ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false })],
  providers: [Desk],
})
class DeskModule {}

test('A fake context answers for workflows', async () => {
  const module = await Test.createTestingModule({ imports: [DeskModule] }).compile();
  const desk = module.get(Desk);
  // #region fake-workflow
  const ctx = fakeContext()
    .stub(Cart, { add: (line) => line.quantity }) // what calls, signals and queries are answered with
    .stubWorkflow(Order, 'o-1', { result: 'shipped' }); // how one workflow has ended, for attach and output
  expect(await runInContext(ctx, () => desk.result('o-1'))).toBe('shipped');
  // #endregion fake-workflow
  await module.close();
});

test('An application whose failures are thrown', async () => {
  // #region failures
  const app = await createTestApp({ providers: [Cart], failures: 'throw' });
  // #endregion failures
  expect(await app.ingress.object(Cart).of('ada').call.view()).toEqual([]);
  await app.close();
});
