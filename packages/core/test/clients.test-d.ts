import type {
  Context,
  InvocationHandle,
  InvocationPromise,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import type { ObjectClient, ServiceClient, SubmittedWorkflow, WorkflowClient, WorkflowOutput } from '@rea/core';
import { expectTypeOf } from 'vitest';

interface Line {
  sku: string;
  quantity: number;
}

declare class Shop {
  price(ctx: Context, line: Line): Promise<number>;
  ping(ctx: Context): Promise<string>;
  find(ctx: Context, id?: string): Promise<Line | undefined>;
  helper(sku: string): Promise<number>;
  synchronous(ctx: Context): number;
  three(ctx: Context, a: number, b: number): Promise<number>;
  readonly field: string;
}

declare class Cart {
  add(ctx: ObjectContext, line: Line): Promise<number>;
  view(ctx: ObjectSharedContext): Promise<Line[]>;
}

declare class Order {
  place(ctx: WorkflowContext, lines: Line[]): Promise<string>;
  approve(ctx: WorkflowSharedContext, by: string): Promise<void>;
  status(ctx: WorkflowSharedContext): Promise<'open' | 'closed'>;
}

declare const shop: ServiceClient<Shop>;
declare const carts: ObjectClient<Cart>;
declare const orders: WorkflowClient<Order>;
declare const line: Line;

// A call is a durable future of the handler's output.
expectTypeOf(shop.call.price(line)).toEqualTypeOf<InvocationPromise<number>>();
expectTypeOf(shop.call.ping()).toEqualTypeOf<InvocationPromise<string>>();
expectTypeOf(shop.call.find()).toEqualTypeOf<InvocationPromise<Line | undefined>>();
expectTypeOf(shop.call.find('id')).toEqualTypeOf<InvocationPromise<Line | undefined>>();
// A message has an invocation id and no result.
expectTypeOf(shop.send.price(line)).toEqualTypeOf<InvocationHandle>();

// @ts-expect-error the input is missing
void shop.call.price();
// @ts-expect-error the input is of another type
void shop.call.price({ sku: 'tea' });
// @ts-expect-error the input has to be of the handler's type
void shop.call.price('tea');
// @ts-expect-error the handler takes no input
void shop.call.ping('input');
// @ts-expect-error the input of a message is checked too
shop.send.price({ sku: 1, quantity: 1 });

// Options are second, always.
void shop.call.price(line, { headers: { a: 'b' }, idempotencyKey: 'k', name: 'ask', restateScope: 's' });
void shop.call.ping(undefined, { headers: { a: 'b' } });
shop.send.ping(undefined, { delay: { minutes: 5 } });
// @ts-expect-error options are not first
void shop.call.ping({ headers: { a: 'b' } });
// @ts-expect-error a call is not delayed
void shop.call.ping(undefined, { delay: 5 });
// @ts-expect-error an unknown option
void shop.call.ping(undefined, { timeout: 5 });

// Only (ctx, input?) methods that return a promise are handlers.
expectTypeOf<keyof typeof shop.call>().toEqualTypeOf<'price' | 'ping' | 'find'>();
expectTypeOf<keyof typeof shop.send>().toEqualTypeOf<'price' | 'ping' | 'find'>();
// @ts-expect-error no context
void shop.call.helper;
// @ts-expect-error not asynchronous
void shop.call.synchronous;
// @ts-expect-error a third parameter
void shop.call.three;
// @ts-expect-error a field
void shop.call.field;

// The key is part of the address.
expectTypeOf(carts.of('ada').call.add(line)).toEqualTypeOf<InvocationPromise<number>>();
expectTypeOf(carts.of('ada').call.view()).toEqualTypeOf<InvocationPromise<Line[]>>();
// @ts-expect-error the key is missing
carts.of();
// @ts-expect-error a key is a string
carts.of(7);
// @ts-expect-error an object is addressed before it is called
void carts.call;
// @ts-expect-error a service has no key
void shop.of;

// A workflow has verbs of its own.
const order = orders.of('o-1');
expectTypeOf(order.submit([line])).toEqualTypeOf<SubmittedWorkflow<string>>();
expectTypeOf(order.submit([line]).attach()).toEqualTypeOf<Promise<string>>();
expectTypeOf(order.attach()).toEqualTypeOf<Promise<string>>();
expectTypeOf(order.output()).toEqualTypeOf<Promise<WorkflowOutput<string>>>();
expectTypeOf<keyof typeof order.signal>().toEqualTypeOf<'approve'>();
expectTypeOf<keyof typeof order.query>().toEqualTypeOf<'status'>();
expectTypeOf(order.signal.approve('Ada')).toEqualTypeOf<InvocationPromise<void>>();
expectTypeOf(order.query.status()).toEqualTypeOf<InvocationPromise<'open' | 'closed'>>();
// @ts-expect-error the run's input is missing
order.submit();
// @ts-expect-error the run's input is of another type
order.submit(line);
// @ts-expect-error a workflow is submitted, not called
void order.call;
// @ts-expect-error the run is neither a signal
void order.signal.place;
// @ts-expect-error nor a query
void order.query.place;
// @ts-expect-error a signal is no query
void order.query.approve;
// @ts-expect-error a query is no signal
void order.signal.status;
// @ts-expect-error the id is missing
orders.of();
