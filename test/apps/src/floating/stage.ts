/* oxlint-disable no-misused-promises -- forgotten promises, as people write them */
import { Injectable, Scope } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  run,
  Service,
  type ServiceClient,
  Shared,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { Sagas } from '@rea/saga';
import {
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';

/** With an end: what each attempt does again fails a test soon. */
export const RETRIES = { initialInterval: 10, maxInterval: 20, maxAttempts: 2, onMaxAttempts: 'kill' } as const;

@Service()
export class Echo {
  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }

  @Handler()
  async fail(_ctx: Context, text: string): Promise<string> {
    throw new TerminalError(text, { errorCode: 422 });
  }
}

@VirtualObject({ retryPolicy: RETRIES })
export class Counter {
  @Handler()
  async add(ctx: ObjectContext, by: number): Promise<void> {
    ctx.set('count', ((await ctx.get<number>('count')) ?? 0) + by);
  }

  /** Writes where only reads are allowed, in code that nobody awaits. */
  @Shared()
  async reset(ctx: ObjectSharedContext): Promise<string> {
    [1].forEach(async (count) => {
      (ctx as ObjectContext).set('count', count);
    });
    return 'reset';
  }
}

@Workflow({ retention: 'standard', retryPolicy: RETRIES })
export class Flow {
  @WorkflowRun()
  async go(ctx: WorkflowContext): Promise<string> {
    await ctx.promise<string>('over');
    return 'done';
  }

  @WorkflowSignal()
  async end(ctx: WorkflowSharedContext): Promise<void> {
    void forget(ctx, 'signal');
    await ctx.sleep(20);
    await ctx.promise<string>('over').resolve('over');
  }

  @WorkflowQuery()
  async ask(ctx: WorkflowSharedContext): Promise<string> {
    ['a', 'b'].forEach(async (name) => {
      await run(ctx, name, () => name);
    });
    return 'asked';
  }
}

/** A provider of its own in each attempt. */
@Injectable({ scope: Scope.REQUEST })
export class Helper {
  async remember(ctx: Context, text: string): Promise<void> {
    await forget(ctx, text);
  }
}

@Service({ retryPolicy: RETRIES })
export class Scoped {
  constructor(private readonly helper: Helper) {}

  @Handler()
  async play(ctx: Context): Promise<string> {
    void this.helper.remember(ctx, 'scoped');
    await ctx.sleep(20);
    return 'played';
  }
}

/** What shapes use. */
@Injectable()
export class Props {
  constructor(
    @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
    @InjectClient(Counter) readonly counters: ObjectClient<Counter>,
    @InjectClient(Flow) readonly flows: WorkflowClient<Flow>,
    readonly sagas: Sagas,
  ) {}
}

/** Durable work, in a function that its caller does not await. */
export async function forget(ctx: Context, text: string): Promise<string> {
  const first = await run(ctx, text, () => text);
  return run(ctx, `${first} again`, () => text);
}
