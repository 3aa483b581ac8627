import type {
  Context,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
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
import { z } from 'zod';

const Amount = z.object({ cents: z.number() });
interface Amount {
  cents: number;
}

class LineDto {
  sku!: string;
}

/** A virtual object's handlers. */
@VirtualObject()
export class Account {
  @Handler({ input: Amount, output: Amount })
  async schemas(ctx: ObjectContext, amount: Amount): Promise<Amount> {
    return amount;
  }

  @Handler({ input: LineDto })
  async dtoWithTypedState(ctx: ObjectContext<{ count: number }>, line: LineDto): Promise<void> {}

  @Handler()
  async anyContext(ctx: Context): Promise<void> {}

  @Shared()
  async sharedWithTypedState(ctx: ObjectSharedContext<{ count: number }>, by: number): Promise<number> {
    return by;
  }

  // @ts-expect-error the input is of another type than the schema
  @Handler({ input: Amount })
  async wrongInput(ctx: ObjectContext, input: { dollars: number }): Promise<void> {}

  // @ts-expect-error the input is of another type than the DTO class
  @Handler({ input: LineDto })
  async wrongDto(ctx: ObjectContext, input: { quantity: number }): Promise<void> {}

  // @ts-expect-error the output is of another type than the schema
  @Handler({ output: Amount })
  async wrongOutput(ctx: ObjectContext): Promise<string> {
    return '';
  }

  // @ts-expect-error a shared handler takes no exclusive context
  @Shared()
  async exclusiveContext(ctx: ObjectContext): Promise<void> {}

  // @ts-expect-error a handler is asynchronous
  @Handler()
  synchronous(ctx: ObjectContext): void {}

  // @ts-expect-error a handler has one input
  @Handler()
  async threeParameters(ctx: ObjectContext, a: number, b: number): Promise<void> {}

  // @ts-expect-error the context comes first
  @Handler()
  async noContext(input: string): Promise<void> {}
}

// @ts-expect-error an object has no promises: no workflow context
@VirtualObject()
export class ObjectWithWorkflowContext {
  // @ts-expect-error and the handler itself is refused, too
  @Handler()
  async handle(ctx: WorkflowContext): Promise<void> {}
}

/** A workflow's handlers. */
@Workflow()
export class Approval {
  @WorkflowRun({ input: Amount })
  async run(ctx: WorkflowContext<{ step: number }>, amount: Amount): Promise<number> {
    return amount.cents;
  }

  @WorkflowSignal()
  async signal(ctx: WorkflowSharedContext, by: string): Promise<void> {}

  @WorkflowQuery()
  async query(ctx: WorkflowSharedContext): Promise<number> {
    return 1;
  }

  // @ts-expect-error a signal returns nothing
  @WorkflowSignal()
  async answeringSignal(ctx: WorkflowSharedContext): Promise<number> {
    return 1;
  }

  // @ts-expect-error a query answers something
  @WorkflowQuery()
  async silentQuery(ctx: WorkflowSharedContext): Promise<void> {}

  // @ts-expect-error a query does not write: it takes a shared context
  @WorkflowQuery()
  async exclusiveQuery(ctx: WorkflowContext): Promise<number> {
    return 1;
  }

  // @ts-expect-error a signal does not write: it takes a shared context
  @WorkflowSignal()
  async exclusiveSignal(ctx: WorkflowContext): Promise<void> {}
}

@Workflow()
export class SharedRun {
  // @ts-expect-error the run takes the exclusive context
  @WorkflowRun()
  async run(ctx: WorkflowSharedContext): Promise<number> {
    return 1;
  }
}

// @ts-expect-error a service has no key and no state: no object context
@Service()
export class ServiceWithObjectContext {
  @Handler()
  async handle(ctx: ObjectContext): Promise<void> {}
}

/** What is not decorated, and what is private, is nobody's business. */
@Service()
export class ServiceWithHelpers {
  @Handler()
  async handle(ctx: Context): Promise<void> {}

  private async helper(ctx: ObjectContext): Promise<void> {}

  async other(text: string): Promise<void> {}
}
