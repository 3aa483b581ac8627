import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { iface } from '@restatedev/restate-sdk';
import { InjectClient, type ObjectClient, type ServiceClient, type WorkflowClient } from '@rea/core';
import { expectTypeOf } from 'vitest';

declare class Shop {
  price(ctx: Context, sku: string): Promise<number>;
}
declare class Cart {
  add(ctx: ObjectContext, sku: string): Promise<number>;
  view(ctx: ObjectSharedContext): Promise<string[]>;
}
declare class Order {
  place(ctx: WorkflowContext, lines: string[]): Promise<string>;
  approve(ctx: WorkflowSharedContext, by: string): Promise<void>;
}
const counter = iface.object('counter', { add: iface.json<number, number>() });

export class Fitting {
  @InjectClient(Shop) readonly shop!: ServiceClient<Shop>;
  @InjectClient(Cart) readonly carts!: ObjectClient<Cart>;
  @InjectClient(() => Order) readonly orders!: WorkflowClient<Order>;
  @InjectClient(counter) readonly counters!: ObjectClient<typeof counter>;
  @InjectClient(Cart) private readonly hidden!: ObjectClient<Cart>;
  @InjectClient(Shop) readonly sends!: Pick<ServiceClient<Shop>, 'send'>;
  @InjectClient(Shop) readonly anything: unknown;

  constructor(
    @InjectClient(Shop) readonly first: ServiceClient<Shop>,
    @InjectClient(Cart) readonly second: ObjectClient<Cart>,
    @InjectClient(Order) readonly third: WorkflowClient<Order>,
    @InjectClient(() => Cart) readonly fourth: ObjectClient<Cart>,
    @InjectClient(counter) readonly fifth: ObjectClient<typeof counter>,
  ) {
    void this.hidden;
  }
}

export class Misfits {
  // @ts-expect-error an object is not called without a key
  @InjectClient(Cart) readonly carts!: ServiceClient<Cart>;
  // @ts-expect-error nor is it submitted
  @InjectClient(Cart) readonly flows!: WorkflowClient<Cart>;
  // @ts-expect-error a service has no keys
  @InjectClient(Shop) readonly shops!: WorkflowClient<Shop>;
  // @ts-expect-error a workflow is not called
  @InjectClient(Order) readonly orders!: ServiceClient<Order>;
  // @ts-expect-error nor has it calls by key
  @InjectClient(Order) readonly keyed!: ObjectClient<Order>;
  // @ts-expect-error another component
  @InjectClient(Cart) readonly other!: ObjectClient<Shop>;
  // @ts-expect-error the contract of an object
  @InjectClient(counter) readonly counters!: ServiceClient<typeof counter>;

  constructor(
    // @ts-expect-error an object is not called without a key
    @InjectClient(Cart) readonly first: ServiceClient<Cart>,
    // @ts-expect-error a workflow is not called
    @InjectClient(() => Order) readonly second: ServiceClient<Order>,
    // @ts-expect-error another component
    @InjectClient(Shop) readonly third: ServiceClient<Cart>,
  ) {}
}

// Where the type stands without a decorator, its verbs say what is wrong.
declare class Till {
  open(ctx: ObjectContext): Promise<void>;
}
declare const tillAsService: ServiceClient<Till>;
expectTypeOf(
  tillAsService.call,
).toEqualTypeOf<'The handler "open" takes a context that a service does not have: this component is no service; declare the client of an object or of a workflow'>();
declare const shopAsWorkflow: WorkflowClient<Shop>;
expectTypeOf(
  shopAsWorkflow.of,
).toEqualTypeOf<'No method takes a WorkflowContext: this component is no workflow; declare the client of a service or of an object'>();
declare const counterAsWorkflow: WorkflowClient<typeof counter>;
expectTypeOf(
  counterAsWorkflow.of,
).toEqualTypeOf<'This contract is for the kind "object", not "workflow"; declare its client by its kind'>();
