import type { ServiceClient, SubmitOptions, WorkflowClient } from '@rea/core';
import type { IngressServiceClient, IngressWorkflowClient } from '@rea/ingress';
import type { NoInput, NoSubmitKey } from '@rea/core/internal';
import type { Context, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { expectTypeOf } from 'vitest';

declare class Orders {
  cancel(ctx: Context): Promise<void>;
  refund(ctx: Context, amount: number): Promise<void>;
}

declare class Flow {
  run(ctx: WorkflowContext, amount: number): Promise<void>;
  stop(ctx: WorkflowSharedContext): Promise<void>;
}

declare const orders: ServiceClient<Orders>;
declare const outside: IngressServiceClient<Orders>;
declare const flows: WorkflowClient<Flow>;
declare const flowsOutside: IngressWorkflowClient<Flow>;
const options = { idempotencyKey: 'k' };

void orders.call.cancel(undefined, options);
void outside.call.cancel(undefined, options);
void outside.send.cancel(undefined, { ...options, delay: 5 });
void flows.of('a').signal.stop(undefined, {});

// @ts-expect-error options are the second argument
void orders.call.cancel({ idempotencyKey: 'k' });
// @ts-expect-error also when they are a variable
void orders.call.cancel(options);
// @ts-expect-error of messages as well
void orders.send.cancel({ delay: 5 });
// @ts-expect-error at the ingress as well
void outside.call.cancel({ idempotencyKey: 'k' });
// @ts-expect-error at the ingress, of messages as well
void outside.send.cancel({ delay: 5 });
// @ts-expect-error of signals as well
void flowsOutside.of('a').signal.stop({ timeout: 5 });
// @ts-expect-error no other input is taken either
void orders.call.cancel(5);

// The compiler quotes the type's words.
expectTypeOf<Parameters<typeof orders.call.cancel>[0]>().toEqualTypeOf<NoInput | undefined>();
expectTypeOf<Parameters<typeof outside.send.cancel>[0]>().toEqualTypeOf<NoInput | undefined>();
expectTypeOf<SubmitOptions['idempotencyKey']>().toEqualTypeOf<NoSubmitKey | undefined>();

void flows.of('a').submit(1, { delay: 5 });
// @ts-expect-error the workflow's id is its key
void flows.of('a').submit(1, { idempotencyKey: 'k' });
// @ts-expect-error the workflow's id is its key
void flowsOutside.of('a').submit(1, { idempotencyKey: 'k' });
