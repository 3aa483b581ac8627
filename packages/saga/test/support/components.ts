import { Injectable } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  run,
  Service,
  type ServiceClient,
  type WorkflowClient,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
} from '@rea/core';
import { Compensation, compensationKey, type CompensationRun, type SagaReport, Sagas } from '@rea/saga';
import {
  type Context,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { z } from 'zod';
import { hostOf, perform, playOf } from './scenes.js';

@Injectable()
export class Undoing {
  @Compensation('undo')
  async undo(
    ctx: Context,
    { name, value }: { readonly name: string; readonly value: string | null },
    info: CompensationRun,
  ): Promise<void> {
    const play = playOf(ctx);
    play.told.push({ ...info });
    const fault = play.faultOf(name, info.attempt);
    await run(ctx, `undo ${name}`, () => {
      play.effects.add(`undo ${name} ${fault ? 'fails' : value}`);
      if (fault?.where === 'in-run') throw fault.error();
    });
    if (fault) throw fault.error();
  }

  @Compensation(compensationKey('undo-checked', { schema: z.object({ name: z.string() }) }))
  async undoChecked(ctx: Context, { name }: { readonly name: string }): Promise<void> {
    await run(ctx, `undo ${name}`, () => playOf(ctx).effects.add(`undo ${name}`));
  }
}

/** What a callee is told. */
export interface Job {
  /** Whose effects it adds to. */
  readonly guest: string;
  readonly name: string;
}

/** Services that sagas call. */
@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
export class Callees {
  constructor(private readonly sagas: Sagas) {}

  /** Waits durably until the test lets it end. Notes when it is cancelled before. */
  @Handler()
  async gated(ctx: Context, { guest, name }: Job): Promise<string> {
    const { effects, gates } = hostOf(guest);
    const { id, promise } = ctx.awakeable<string>();
    await run(ctx, 'begin', () => {
      gates.set(name, id);
      effects.add(`${name} begins`);
    });
    try {
      await promise;
    } catch (error) {
      await run(ctx, 'note', () => effects.add(`${name} is cancelled`));
      throw error;
    }
    await run(ctx, 'end', () => effects.add(`${name} ends`));
    return `value-${name}`;
  }

  /** A saga of one step and a long wait, whose compensation ends once the test says `<name> may be undone`. */
  @Handler()
  async saga(ctx: Context, { guest, name }: Job): Promise<string> {
    const { effects } = hostOf(guest);
    return this.sagas.run(ctx, name, async (saga) => {
      await saga.step('inner', {
        compensate: () => (compensating) =>
          run(compensating, 'undo', async () => {
            effects.add(`${name} undoing`);
            await effects.seen(`${name} may be undone`);
            effects.add(`${name} undone`);
          }),
        action: () => run(ctx, 'do', () => effects.add(`${name} done`)),
      });
      await run(ctx, 'wait', () => effects.add(`${name} waits`));
      await ctx.sleep({ hours: 1 });
      return `value-${name}`;
    });
  }

  @Handler()
  async refuse(ctx: Context, { guest, name }: Job): Promise<void> {
    const { effects } = hostOf(guest);
    await run(ctx, 'note', () => effects.add(`refuse ${name}`));
    throw new TerminalError('refused', { errorCode: 403 });
  }

  /** Waits durably until the test lets it end, and then resolves an awakeable. */
  @Handler()
  async resolve(ctx: Context, { id, ...job }: Job & { readonly id: string }): Promise<void> {
    await this.gated(ctx, job);
    ctx.resolveAwakeable(id, 'resolved');
  }

  @Handler()
  async note(ctx: Context, { guest, name }: Job): Promise<string> {
    const { effects } = hostOf(guest);
    return run(ctx, 'note', () => (effects.add(name), name));
  }
}

/** An object that sagas call. */
@VirtualObject()
export class Ledger {
  @Handler()
  async book(ctx: ObjectContext, { guest, name }: Job): Promise<void> {
    const { effects } = hostOf(guest);
    await run(ctx, 'book', () => effects.add(`${name} booked on ${ctx.key}`));
  }
}

const RETRY = { retryPolicy: { initialInterval: 20, maxInterval: 50 } };

/** Plays scenes: with the SDK's own cancellation, and with the explicit one. */
@Service(RETRY)
export class Stage {
  constructor(
    readonly sagas: Sagas,
    @InjectClient(Callees) readonly callees: ServiceClient<Callees>,
    @InjectClient(Ledger) readonly ledgers: ObjectClient<Ledger>,
    @InjectClient(() => FlowStage) readonly flows: WorkflowClient<FlowStage>,
    @InjectClient(() => Stage) readonly stage: ServiceClient<Stage>,
  ) {}

  @Handler()
  async implicit(ctx: Context, scene: string): Promise<unknown> {
    return perform(ctx, scene, this);
  }

  @Handler({ explicitCancellation: true })
  async explicit(ctx: Context, scene: string): Promise<unknown> {
    return perform(ctx, scene, this);
  }
}

/** Plays scenes on an object. */
@VirtualObject(RETRY)
export class ObjectStage {
  constructor(
    readonly sagas: Sagas,
    @InjectClient(Callees) readonly callees: ServiceClient<Callees>,
    @InjectClient(Ledger) readonly ledgers: ObjectClient<Ledger>,
    @InjectClient(() => FlowStage) readonly flows: WorkflowClient<FlowStage>,
    @InjectClient(() => Stage) readonly stage: ServiceClient<Stage>,
  ) {}

  @Handler()
  async play(ctx: ObjectContext, scene: string): Promise<unknown> {
    return perform(ctx, scene, this);
  }

  @Shared()
  async report(ctx: ObjectSharedContext, saga: string): Promise<SagaReport | null> {
    return ctx.get<SagaReport>(`_rea.saga.${saga}`);
  }
}

/** Plays scenes in a workflow. */
@Workflow({ ...RETRY, retention: 'standard' })
export class FlowStage {
  constructor(
    readonly sagas: Sagas,
    @InjectClient(Callees) readonly callees: ServiceClient<Callees>,
    @InjectClient(Ledger) readonly ledgers: ObjectClient<Ledger>,
    @InjectClient(() => FlowStage) readonly flows: WorkflowClient<FlowStage>,
    @InjectClient(() => Stage) readonly stage: ServiceClient<Stage>,
  ) {}

  @WorkflowRun()
  async play(ctx: WorkflowContext, scene: string): Promise<unknown> {
    return perform(ctx, scene, this);
  }

  @WorkflowQuery()
  async report(ctx: WorkflowSharedContext, saga: string): Promise<SagaReport | null> {
    return ctx.get<SagaReport>(`_rea.saga.${saga}`);
  }
}
