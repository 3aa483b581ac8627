import {
  type Context,
  iface,
  type ObjectContext,
  type ObjectSharedContext,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import type { WorkflowOutput } from '@rea/core';
import { IngressModule, InjectIngress } from '@rea/ingress';
import type {
  Ingress,
  IngressObjectClient,
  IngressServiceClient,
  IngressSubmittedWorkflow,
  IngressWorkflowClient,
  SentInvocation,
} from '@rea/ingress';
import { expectTypeOf } from 'vitest';

interface Line {
  sku: string;
  quantity: number;
}

declare class Shop {
  price(ctx: Context, line: Line): Promise<number>;
  ping(ctx: Context): Promise<string>;
  helper(sku: string): Promise<number>;
  synchronous(ctx: Context): number;
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

declare const shop: IngressServiceClient<Shop>;
declare const carts: IngressObjectClient<Cart>;
declare const orders: IngressWorkflowClient<Order>;
declare const line: Line;

// A call gives a promise, a message what Restate has accepted.
expectTypeOf(shop.call.price(line)).toEqualTypeOf<Promise<number>>();
expectTypeOf(shop.call.ping()).toEqualTypeOf<Promise<string>>();
expectTypeOf(shop.send.price(line)).toEqualTypeOf<Promise<SentInvocation<number>>>();
expectTypeOf<SentInvocation<number>['result']>().returns.toEqualTypeOf<Promise<number>>();

// @ts-expect-error the input is missing
void shop.call.price();
// @ts-expect-error the input is of another type
void shop.call.price({ sku: 'tea' });
// @ts-expect-error the handler takes no input
void shop.call.ping('input');
// @ts-expect-error the input of a message is checked too
void shop.send.price({ sku: 1, quantity: 1 });

// Options are second, always.
void shop.call.price(line, { idempotencyKey: 'k', timeout: 5, signal: AbortSignal.abort(), headers: { a: 'b' } });
void shop.call.ping(undefined, { idempotencyKey: false });
void shop.send.ping(undefined, { delay: { minutes: 5 }, idempotencyKey: 'k' });
void shop.send.ping(undefined, { delay: 5_000 });
// @ts-expect-error options are not first
void shop.call.ping({ idempotencyKey: 'k' });
// @ts-expect-error a call is not delayed
void shop.call.ping(undefined, { delay: 5 });
// @ts-expect-error true is no key
void shop.call.ping(undefined, { idempotencyKey: true });

// Only (ctx, input?) methods that return a promise are handlers.
expectTypeOf<keyof typeof shop.call>().toEqualTypeOf<'price' | 'ping'>();
expectTypeOf<keyof typeof shop.send>().toEqualTypeOf<'price' | 'ping'>();
// @ts-expect-error no context
void shop.call.helper;
// @ts-expect-error not asynchronous
void shop.call.synchronous;
// @ts-expect-error a field
void shop.call.field;

// The key is part of the address.
expectTypeOf(carts.of('ada').call.add(line)).toEqualTypeOf<Promise<number>>();
expectTypeOf(carts.of('ada').call.view()).toEqualTypeOf<Promise<Line[]>>();
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
expectTypeOf(order.submit([line])).toEqualTypeOf<Promise<IngressSubmittedWorkflow<string>>>();
expectTypeOf(order.attach()).toEqualTypeOf<Promise<string>>();
expectTypeOf(order.output()).toEqualTypeOf<Promise<WorkflowOutput<string>>>();
expectTypeOf<keyof typeof order.signal>().toEqualTypeOf<'approve'>();
expectTypeOf<keyof typeof order.query>().toEqualTypeOf<'status'>();
expectTypeOf(order.signal.approve('Ada')).toEqualTypeOf<Promise<void>>();
expectTypeOf(order.query.status()).toEqualTypeOf<Promise<'open' | 'closed'>>();
void order.submit([line], { delay: { seconds: 1 }, headers: { a: 'b' }, timeout: 5 });
void order.attach({ timeout: 5 });
// @ts-expect-error the run's input is missing
void order.submit();
// @ts-expect-error the workflow id is the key
void order.submit([line], { idempotencyKey: 'k' });
// @ts-expect-error a signal is safe to repeat as it is
void order.signal.approve('Ada', { idempotencyKey: 'k' });
// @ts-expect-error a query needs no key
void order.query.status(undefined, { idempotencyKey: 'k' });
// @ts-expect-error a workflow is submitted, not called
void order.call;
// @ts-expect-error the run is no signal
void order.signal.place;
// @ts-expect-error a signal is no query
void order.query.approve;
// @ts-expect-error a query is no signal
void order.signal.status;

// Results by idempotency key have the types of their handler.
expectTypeOf(shop.attach.price('k')).toEqualTypeOf<Promise<number>>();
expectTypeOf(carts.of('ada').output.view('k', { timeout: 5 })).toEqualTypeOf<Promise<WorkflowOutput<Line[]>>>();
// @ts-expect-error the key is missing
void shop.attach.price();
// @ts-expect-error a key is a string, not the handler's input
void shop.attach.price(line);
// @ts-expect-error no handler
void shop.output.helper;
// @ts-expect-error a workflow is attached to by its id alone
void order.attach('k');

// Clients of contracts.
const counter = iface.object('counter', { add: iface.json<number, number>(), get: iface.shared.json<void, number>() });
declare const counters: IngressObjectClient<typeof counter>;
expectTypeOf(counters.of('k').call.add(1)).toEqualTypeOf<Promise<number>>();
expectTypeOf(counters.of('k').call.get()).toEqualTypeOf<Promise<number>>();
// @ts-expect-error no such handler
void counters.of('k').call.subtract;
// @ts-expect-error the input is of another type
void counters.of('k').call.add('1');

// Clients on demand have the same types.
declare const ingress: Ingress;
expectTypeOf(ingress.service(Shop)).toEqualTypeOf<IngressServiceClient<Shop>>();
expectTypeOf(ingress.object(Cart)).toEqualTypeOf<IngressObjectClient<Cart>>();
expectTypeOf(ingress.workflow(Order)).toEqualTypeOf<IngressWorkflowClient<Order>>();
expectTypeOf(ingress.object(counter).of('k').call.add(1)).toEqualTypeOf<Promise<number>>();

// What has no target says what comes of it; what is not said is unknown.
expectTypeOf(ingress.invocation('inv_1').attach()).toEqualTypeOf<Promise<unknown>>();
expectTypeOf(ingress.invocation<number>('inv_1').output()).toEqualTypeOf<Promise<WorkflowOutput<number>>>();
expectTypeOf(ingress.generic('Cart').of('ada').call('view')).toEqualTypeOf<Promise<unknown>>();
expectTypeOf(ingress.generic('Cart').of('ada').send<number>('add', line)).toEqualTypeOf<
  Promise<SentInvocation<number>>
>();
expectTypeOf(ingress.connection('billing').service(Shop)).toEqualTypeOf<IngressServiceClient<Shop>>();
void ingress.awakeable<Line>('sign_1').resolve(line);
// @ts-expect-error the value is of another type
void ingress.awakeable<Line>('sign_1').resolve({ sku: 'tea' });
// @ts-expect-error a reason is text
void ingress.awakeable('sign_1').reject(new Error('no'));
// @ts-expect-error handlers have no names here, so they are named
void ingress.generic('Cart').call.view;

// A key that a request may lack is passed on as it is; the guardrail decides.
declare const received: string | undefined;
void shop.call.price(line, { idempotencyKey: received });

// Connections are named.
InjectIngress(Shop, { connection: 'billing' });
IngressModule.forRoot({ connections: { billing: { url: 'http://restate:8080' } } });
// @ts-expect-error the name is a string
InjectIngress(Shop, { connection: 7 });
// @ts-expect-error a named connection has a url
IngressModule.forRoot({ connections: { billing: { timeout: 5 } } });
