import { Body, Controller, Delete, Get, Injectable, Module, Param, Post } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { APP_FILTER } from '@nestjs/core';
import {
  awakeable,
  Handler,
  idempotencyKey,
  InjectClient,
  type ObjectClient,
  Service,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';
import {
  IdempotencyKey,
  Ingress,
  IngressExceptionFilter,
  IngressModule,
  type IngressObjectClient,
  type IngressServiceClient,
  type IngressWorkflowClient,
  InjectIngress,
} from '@rea/ingress';
import { type Context, iface, type ObjectContext } from '@restatedev/restate-sdk';
import { Cart, type Line } from './cart.object.js';
import { Order } from './order.workflow.js';
import { Payments } from './payments.service.js';

// #region contract
/** A component that another team serves, on its own Restate server. */
export const Invoices = iface.service('Invoices', { create: iface.json<string, string>() });
// #endregion contract

/** Gives tokens that expire. */
@Injectable()
export class Tokens {
  async current(): Promise<string> {
    return 'Bearer token';
  }
}

@Module({ providers: [Tokens], exports: [Tokens] })
export class TokensModule {}

// #region module
@Module({
  imports: [
    IngressModule.forRootAsync({
      imports: [ConfigModule, TokensModule],
      inject: [ConfigService, Tokens],
      useFactory: (config: ConfigService, tokens: Tokens) => ({
        timeout: 10_000, // url, admin API, headers and namespace come from ReaModule
        connections: {
          billing: {
            url: config.getOrThrow<string>('BILLING_INGRESS_URL'),
            headers: async () => ({ authorization: await tokens.current() }), // asked before each attempt
            retry: { maxAttempts: 3 },
          },
        },
      }),
    }),
  ],
  providers: [{ provide: APP_FILTER, useClass: IngressExceptionFilter }],
})
export class FrontModule {}
// #endregion module

// #region controller
@Controller('shop')
export class ShopController {
  constructor(
    @InjectIngress(Cart) private readonly carts: IngressObjectClient<Cart>,
    @InjectIngress(Payments) private readonly payments: IngressServiceClient<Payments>,
    @InjectIngress(Invoices, { connection: 'billing' })
    private readonly invoices: IngressServiceClient<typeof Invoices>,
  ) {}

  @Post('carts/:customer/lines')
  add(@Param('customer') customer: string, @Body() line: Line, @IdempotencyKey() key?: string) {
    return this.carts.of(customer).call.add(line, { idempotencyKey: key }); // waits for the handler's answer
  }

  @Post('payments/:order')
  async pay(@Param('order') order: string, @Body() { amount }: { amount: number }) {
    const { invocationId } = await this.payments.send.charge(amount, { idempotencyKey: idempotencyKey('pay', order) });
    return { invocationId }; // Restate has it: the payment happens, whatever happens here
  }

  @Get('payments/:order')
  async receipt(@Param('order') order: string) {
    const receipt = await this.payments.output.charge(idempotencyKey('pay', order)); // in any process, at any time
    return receipt.ready ? { receipt: receipt.result } : { receipt: null };
  }

  @Post('invoices/:order')
  invoice(@Param('order') order: string, @IdempotencyKey({ required: true }) key: string) {
    return this.invoices.call.create(order, { idempotencyKey: idempotencyKey('invoice', order, key), timeout: 2_000 });
  }
}
// #endregion controller

// #region workflow
@Controller('orders')
export class OrderController {
  constructor(@InjectIngress(Order) private readonly orders: IngressWorkflowClient<Order>) {}

  @Post(':id')
  async place(@Param('id') id: string, @Body() { amount }: { amount: number }) {
    const { accepted } = await this.orders.of(id).submit(amount); // the id is the key
    return { id, accepted }; // accepted: false, when the id was known
  }

  @Post(':id/approval')
  approve(@Param('id') id: string, @Body() { by }: { by: string }) {
    return this.orders.of(id).signal.approve(by);
  }

  @Get(':id')
  async status(@Param('id') id: string) {
    const order = this.orders.of(id);
    const output = await order.output(); // 404 when there is no such order
    return output.ready ? { receipt: output.result } : { status: await order.query.status() };
  }
}
// #endregion workflow

@VirtualObject()
export class Desk {
  static readonly questions = stateKey<string[]>('questions', { default: () => [] });

  @Handler()
  async ask(ctx: ObjectContext, id: string): Promise<void> {
    await state(ctx, Desk.questions).update((ids) => [...ids, id]);
  }

  @Handler()
  async questions(ctx: ObjectContext): Promise<string[]> {
    return state(ctx, Desk.questions).get();
  }
}

@Service()
export class Refunds {
  constructor(@InjectClient(Desk) private readonly desks: ObjectClient<Desk>) {}

  @Handler()
  async refund(ctx: Context, amount: number): Promise<string> {
    const decision = awakeable<{ by: string }>(ctx);
    this.desks.of('front').send.ask(decision.id); // hands the id out
    const { by } = await decision.promise;
    return `${amount} refunded, said ${by}`;
  }
}

// #region awakeable
@Controller('decisions')
export class DecisionsController {
  constructor(private readonly ingress: Ingress) {}

  @Post(':id')
  async decide(@Param('id') id: string, @Body() decision: { by: string; refuse?: string }) {
    const decided = this.ingress.awakeable<{ by: string }>(id); // the id that the handler has handed out
    if (decision.refuse === undefined) await decided.resolve({ by: decision.by });
    else await decided.reject(decision.refuse); // the handler gets a TerminalError with this message
  }
}
// #endregion awakeable

// #region invocation
@Controller('invocations')
export class InvocationsController {
  constructor(private readonly ingress: Ingress) {}

  @Get(':id')
  result(@Param('id') id: string) {
    return this.ingress.invocation(id).attach({ timeout: 30_000 }); // 504 after 30 s; the invocation goes on
  }

  @Delete(':id')
  async cancel(@Param('id') id: string) {
    await this.ingress.invocation(id).cancel(); // its handler can undo what it has done
  }

  @Post(':component/:key/:handler') // for operators: guard it
  call(
    @Param() { component, key, handler }: { component: string; key: string; handler: string },
    @Body() input: unknown,
    @IdempotencyKey({ required: true, fingerprint: true }) action: string,
  ) {
    return this.ingress.generic(component).of(key).call(handler, input, { idempotencyKey: action });
  }
}
// #endregion invocation
