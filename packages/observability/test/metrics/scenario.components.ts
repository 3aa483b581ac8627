import { Injectable } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  run,
  Service,
  type ServiceClient,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import { Compensation, compensateWith, Sagas } from '@rea/saga';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';

/** What the handlers of the scenario tell the test. */
export class Backstage {
  readonly attempts = new Map<string, number>();
  readonly begun = new Map<string, PromiseWithResolvers<string>>();

  /** The number of this attempt of a handler. */
  attempt(handler: string): number {
    const count = (this.attempts.get(handler) ?? 0) + 1;
    this.attempts.set(handler, count);
    return count;
  }

  /** The id of a handler's invocation, once it runs. */
  invocation(handler: string): PromiseWithResolvers<string> {
    const begun = this.begun.get(handler) ?? Promise.withResolvers<string>();
    this.begun.set(handler, begun);
    return begun;
  }
}

/** One handler for each way in which an invocation may go. */
@Service({ retryPolicy: { initialInterval: 10 } })
export class Play {
  constructor(private readonly backstage: Backstage) {}

  @Handler()
  async succeeds(ctx: Context): Promise<string> {
    return run(ctx, 'act', () => 'done');
  }

  @Handler()
  async fails(_ctx: Context): Promise<void> {
    throw new TerminalError('no');
  }

  @Handler()
  async failsTwice(ctx: Context): Promise<void> {
    await run(ctx, 'act', () => 'done');
    if (this.backstage.attempt('failsTwice') <= 2) throw new Error('not yet');
  }

  /** Its run fails twice, and then succeeds. */
  @Handler()
  async stumbles(ctx: Context): Promise<void> {
    const retry = { initialInterval: 1, maxAttempts: 5 };
    await run(
      ctx,
      'stumble',
      () => {
        if (this.backstage.attempt('stumbles') <= 2) throw new Error('not yet');
      },
      { retry },
    );
  }

  @Handler({ inactivityTimeout: 10 })
  async naps(ctx: Context): Promise<void> {
    await ctx.sleep(300);
  }

  @Handler()
  async isCancelled(ctx: Context): Promise<void> {
    this.backstage.invocation('isCancelled').resolve(ctx.request().id);
    await ctx.sleep(60_000);
  }

  @Handler()
  async isKilled(ctx: Context): Promise<void> {
    await run(ctx, 'linger', ({ signal }) => {
      this.backstage.invocation('isKilled').resolve(ctx.request().id);
      return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    });
  }

  @Handler({ retryPolicy: { initialInterval: 10, maxAttempts: 2, onMaxAttempts: 'pause' } })
  async isPaused(_ctx: Context): Promise<void> {
    throw new Error('stuck');
  }
}

/** State, durable calls and a guardrail. */
@VirtualObject({ retryPolicy: { initialInterval: 10 } })
export class Props {
  static readonly list = stateKey<string[]>('list', { default: () => [] });

  constructor(
    @InjectClient(() => Play) private readonly play: ServiceClient<Play>,
    @InjectClient(() => Props) private readonly props: ObjectClient<Props>,
    private readonly backstage: Backstage,
  ) {}

  @Handler()
  async handles(ctx: ObjectContext): Promise<void> {
    await state(ctx, Props.list).update((list) => [...list, 'hat']);
    state(ctx, Props.list).clear();
    await ctx.sleep(1);
    if (this.backstage.attempt('handles') === 1) throw new Error('not yet');
  }

  @Handler()
  async asks(ctx: ObjectContext): Promise<void> {
    await this.play.call.succeeds();
    this.props.of('other').send.handles();
    await ctx.sleep(1);
    if (this.backstage.attempt('asks') === 1) throw new Error('not yet');
  }

  /** Holds its lock while it waits for somebody: a guardrail warns. */
  @Handler()
  async holds(ctx: ObjectContext): Promise<void> {
    const { id, promise } = ctx.awakeable<string>();
    ctx.resolveAwakeable(id, 'now');
    await promise;
  }
}

@Workflow({ retention: { days: 1 } })
export class Tour {
  @WorkflowRun()
  async goes(ctx: WorkflowContext): Promise<string> {
    await ctx.sleep(1);
    return 'gone';
  }
}

@Injectable()
export class Undoing {
  @Compensation('mend')
  async mend(): Promise<void> {}

  @Compensation('break')
  async break(): Promise<void> {
    throw new Error('cannot be undone');
  }
}

/** Sagas of all ends. */
@Service({ retryPolicy: { initialInterval: 10 } })
export class Acts {
  constructor(
    private readonly sagas: Sagas,
    private readonly backstage: Backstage,
  ) {}

  @Handler()
  async completes(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'act', async (saga) => {
      await saga.step('one', { compensate: () => compensateWith('mend', 1), action: () => run(ctx, 'one', () => 1) });
      if (this.backstage.attempt('completes') === 1) throw new Error('not yet');
      await saga.pivot('two', { irreversible: true, action: () => Promise.resolve() });
      await saga.step('three', { irreversible: true, action: () => run(ctx, 'three', () => this.failFirst('three')) });
    });
  }

  @Handler()
  async rollsBack(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'act', async (saga) => {
      await saga.step('one', { compensate: () => compensateWith('mend', 1), action: () => run(ctx, 'one', () => 1) });
      await saga.step('two', { irreversible: true, action: () => Promise.reject(new TerminalError('no')) });
    });
  }

  @Handler()
  async isStuck(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'act', async (saga) => {
      await saga.step('one', { compensate: () => compensateWith('break', 1), action: () => run(ctx, 'one', () => 1) });
      throw new TerminalError('no');
    });
  }

  @Handler()
  async isKilled(ctx: Context): Promise<void> {
    await this.sagas.run(ctx, 'act', async (saga) => {
      await saga.step('one', { compensate: () => compensateWith('mend', 1), action: () => run(ctx, 'one', () => 1) });
      this.backstage.invocation('saga').resolve(ctx.request().id);
      await ctx.sleep(60_000);
    });
  }

  private failFirst(what: string): void {
    if (this.backstage.attempt(what) === 1) throw new TerminalError('not yet');
  }
}
