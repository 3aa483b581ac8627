// #region clients
import type { Context } from '@restatedev/restate-sdk';
import {
  all,
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  type WorkflowClient,
} from '@rea/core';
import { Cart } from './cart.object.js';
import { Order } from './order.workflow.js';
import { Payments } from './payments.service.js';

@Service()
export class Checkout {
  constructor(
    @InjectClient(Payments) private readonly payments: ServiceClient<Payments>,
    @InjectClient(() => Cart) private readonly carts: ObjectClient<Cart>, // the thunk where files import each other
    @InjectClient(Order) private readonly orders: WorkflowClient<Order>,
  ) {}

  @Handler()
  async checkout(ctx: Context, customer: string): Promise<string> {
    const cart = this.carts.of(customer); // address, verb, handler
    const [lines, receipt] = await all(ctx, [cart.call.view(), this.payments.call.charge(20)]); // durable futures
    cart.send.add({ sku: 'gift', quantity: 1 }, { delay: { seconds: 1 } }); // one-way, later
    const order = this.orders.of(`${customer}-1`).submit(lines.length);
    await this.orders.of(`${customer}-1`).signal.approve('checkout');
    return `${receipt}; ${await order.attach()}`;
  }
}
// #endregion clients
