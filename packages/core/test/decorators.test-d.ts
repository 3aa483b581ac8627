import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { z } from 'zod';
import {
  Handler,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
const S = z.object({ a: z.number() });
class Dto {
  a!: number;
}
@VirtualObject()
export class A {
  @Handler({ input: S, output: S }) async ok(ctx: ObjectContext, i: { a: number }): Promise<{ a: number }> {
    return i;
  }
  @Handler({ input: Dto }) async dto(ctx: ObjectContext<{ x: number }>, i: Dto): Promise<void> {}
  @Handler() async none(ctx: Context): Promise<void> {}
  @Shared() async sh(ctx: ObjectSharedContext<{ x: number }>, n: number) {
    return n;
  }
  // @ts-expect-error wrong input
  @Handler({ input: S }) async bad1(ctx: ObjectContext, i: { b: number }): Promise<void> {}
  // @ts-expect-error wrong output
  @Handler({ output: S }) async bad2(ctx: ObjectContext, i: { b: number }): Promise<string> {
    return '';
  }
  // @ts-expect-error exclusive ctx
  @Shared() async bad3(ctx: ObjectContext): Promise<void> {}
  // @ts-expect-error not async
  @Handler() bad4(ctx: ObjectContext): void {}
  // @ts-expect-error third
  @Handler() async bad5(ctx: ObjectContext, a: number, b: number): Promise<void> {}
}
@Workflow()
export class W {
  @WorkflowRun({ input: S }) async go(ctx: WorkflowContext<{ x: number }>, i: { a: number }) {
    return 1;
  }
  @WorkflowSignal() async sig(ctx: WorkflowSharedContext, by: string): Promise<void> {}
  @WorkflowQuery() async q(ctx: WorkflowSharedContext) {
    return 1;
  }
  // @ts-expect-error
  @WorkflowSignal() async sigbad(ctx: WorkflowSharedContext) {
    return 1;
  }
  // @ts-expect-error
  @WorkflowQuery() async qbad(ctx: WorkflowSharedContext): Promise<void> {}
  // @ts-expect-error
  @WorkflowRun() async gobad(ctx: WorkflowSharedContext) {
    return 1;
  }
  // @ts-expect-error
  @WorkflowQuery() async qbad2(ctx: WorkflowContext): Promise<number> {
    return 1;
  }
}
// @ts-expect-error object context in a service
@Service()
export class S1 {
  @Handler() async x(ctx: ObjectContext): Promise<void> {}
}
@Service()
export class S2 {
  @Handler() async x(ctx: Context): Promise<void> {}
  private async h(ctx: ObjectContext) {}
  async y(a: string) {}
}
