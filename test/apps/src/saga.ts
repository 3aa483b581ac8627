import 'reflect-metadata';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Handler,
  InjectClient,
  ReaModule,
  type ReaModuleOptions,
  run,
  Service,
  type ServiceClient,
  VirtualObject,
} from '@rea/core';
import { Compensation, compensateWith, type CompensationRun, type Saga, SagaModule, Sagas } from '@rea/saga';
import { type Context, type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { Frost } from './frost.js';

/** An order saga whose process can be killed after each journal entry. */
const settings = JSON.parse(process.env['SAGA'] ?? '{}') as {
  readonly rea: ReaModuleOptions;
  /** Each effect leaves a line: order, effect, idempotency key. */
  readonly effects: string;
};

/** Orders whose first attempt has begun, perhaps in an earlier process. */
const begun = `${settings.effects}-begun`;

/** How an order ends, and where it is stopped. */
export interface Order {
  readonly id: string;
  readonly ending: 'works' | 'fails' | 'stuck' | 'cancelled' | 'cancelled-in-call' | 'waits' | 'late' | 'exhausted';
  /** Stop the first attempt after so many journal entries; null: only count them. */
  readonly freezeAfter: number | null;
}

/** What the process tells the test. */
export type Message =
  | { readonly kind: 'ready' }
  | { readonly kind: 'frozen' | 'waiting' | 'asleep'; readonly order: string }
  | { readonly kind: 'ended'; readonly order: string; readonly entries: number };

const frosts = new Map<string, Frost>();

function tell(message: Message): void {
  process.send?.(message);
}

/** Something that happens to the world. */
function effect(order: string, what: string, key: string): string {
  appendFileSync(settings.effects, `${order} ${what} ${key}\n`);
  return what;
}

/** An effect of the order's own invocation, which may be stopped right after it. */
async function ownEffect(order: string, what: string, key: string): Promise<string> {
  effect(order, what, key);
  await frosts.get(order)?.point();
  return what;
}

const RETRY = { retryPolicy: { initialInterval: 20, maxInterval: 100 } };

@Injectable()
class Undoing {
  constructor(@InjectClient(() => Shipping) private readonly shipping: ServiceClient<Shipping>) {}

  @Compensation('undo')
  async undo(
    ctx: Context,
    { order, what, fails }: { readonly order: string; readonly what: string; readonly fails: number },
    { idempotencyKey, attempt }: CompensationRun,
  ): Promise<void> {
    if (attempt <= fails) throw new TerminalError(`cannot undo ${what}`);
    await run(ctx, `undo ${what}`, () => ownEffect(order, `undo-${what}`, idempotencyKey));
  }

  /** Never works. */
  @Compensation('exhaust')
  async exhaust(ctx: Context, order: string, { idempotencyKey, attempt }: CompensationRun): Promise<void> {
    await run(ctx, `try ${attempt}`, () => effect(order, `try-${attempt}`, idempotencyKey));
    throw new TerminalError('cannot be undone');
  }

  @Compensation('call-back')
  async callBack(_ctx: Context, order: string, { idempotencyKey }: CompensationRun): Promise<void> {
    await this.shipping.call.callBack({ order, key: idempotencyKey });
  }
}

@Service(RETRY)
class Shipping {
  constructor(private readonly sagas: Sagas) {}

  @Handler()
  async ship(ctx: Context, { order, key }: { order: string; key: string }): Promise<string> {
    return run(ctx, 'ship', () => effect(order, 'ship', key));
  }

  @Handler()
  async callBack(ctx: Context, { order, key }: { order: string; key: string }): Promise<void> {
    await run(ctx, 'call back', () => effect(order, 'undo-ship', key));
  }

  /** Waits until it is cancelled, and rolls back then. */
  @Handler()
  async wait(ctx: Context, order: string): Promise<string> {
    return this.sagas.run(ctx, 'wait', async (saga) => {
      await saga.step('book', {
        compensate:
          () =>
          (compensating, { idempotencyKey }) =>
            run(compensating, 'undo book', () => effect(order, 'undo-book', idempotencyKey)),
        action: ({ idempotencyKey }) => run(ctx, 'book', () => effect(order, 'book', idempotencyKey)),
      });
      await run(ctx, 'waiting', () => tell({ kind: 'waiting', order }));
      await ctx.sleep({ hours: 1 });
      return 'never';
    });
  }
}

@VirtualObject(RETRY)
class Orders {
  constructor(
    private readonly sagas: Sagas,
    @InjectClient(Shipping) private readonly shipping: ServiceClient<Shipping>,
  ) {}

  @Handler()
  async implicit(ctx: ObjectContext, order: Order): Promise<string> {
    return this.take(ctx, order);
  }

  @Handler({ explicitCancellation: true })
  async explicit(ctx: ObjectContext, order: Order): Promise<string> {
    return this.take(ctx, order);
  }

  private async take(ctx: ObjectContext, order: Order): Promise<string> {
    const { id, freezeAfter } = order;
    const isFirst = !existsSync(begun) || !readFileSync(begun, 'utf8').includes(`${id}\n`);
    if (isFirst) appendFileSync(begun, `${id}\n`);
    const entries = isFirst ? (freezeAfter ?? Infinity) : Infinity;
    const frost = Frost.over(ctx, entries, () => tell({ kind: 'frozen', order: id }));
    frosts.set(id, frost);
    try {
      const options = {
        retry: { initialInterval: 10, factor: 1, maxAttempts: 3 },
        ...(order.ending === 'stuck' ? { strategy: 'best-effort' as const } : {}),
        ...(order.ending === 'late' ? { deadline: 2_500 } : {}),
      };
      return await this.sagas.run(ctx, 'order', (saga) => this.steps(ctx, saga, order), options);
    } finally {
      tell({ kind: 'ended', order: id, entries: frost.seen });
    }
  }

  private async steps(ctx: ObjectContext, saga: Saga, { id: order, ending }: Order): Promise<string> {
    const step = (what: string, fails = 0) => ({
      compensate: () => compensateWith('undo', { order, what, fails }),
      action: ({ idempotencyKey }: { readonly idempotencyKey: string }) =>
        run(ctx, what, () => ownEffect(order, what, idempotencyKey)),
    });
    await saga.step('reserve', step('reserve', 1));
    await saga.parallel({ charge: step('charge'), invoice: step('invoice', ending === 'stuck' ? 9 : 0) });
    await saga.nested('pack', async (inner) => {
      await inner.step('box', step('box'));
      await inner.step('label', step('label'));
    });
    await saga.step('ship', {
      compensate: () => compensateWith('call-back', order),
      action: ({ idempotencyKey }) => this.shipping.call.ship({ order, key: idempotencyKey }),
    });
    switch (ending) {
      case 'works':
        await saga.pivot('confirm', step('confirm'));
        await saga.step('mail', {
          irreversible: true,
          action: async ({ attempt, idempotencyKey }) => {
            if (attempt === 1) throw new TerminalError('no mail');
            return run(ctx, 'mail', () => ownEffect(order, 'mail', idempotencyKey));
          },
        });
        return 'worked';
      case 'cancelled':
        await run(ctx, 'waiting', () => tell({ kind: 'waiting', order }));
        await ctx.sleep({ hours: 1 });
        break;
      case 'cancelled-in-call':
        await saga.step('wait', { irreversible: true, action: () => this.shipping.call.wait(order) });
        break;
      case 'waits':
      case 'late':
        await run(ctx, 'asleep', () => tell({ kind: 'asleep', order }));
        await ctx.sleep({ hours: 1 });
        break;
      case 'exhausted':
        await saga.step('pay', {
          compensate: () => compensateWith('exhaust', order),
          action: ({ idempotencyKey }) => run(ctx, 'pay', () => ownEffect(order, 'pay', idempotencyKey)),
          retry: { initialInterval: 1_500, factor: 1, maxAttempts: 3 },
        });
        break;
      case 'fails':
      case 'stuck':
    }
    throw new TerminalError('refused', { errorCode: 422 });
  }
}

@Module({
  imports: [ReaModule.forRoot(settings.rea), SagaModule.forRoot()],
  providers: [Undoing, Shipping, Orders],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error', 'fatal'] });
await app.init();
tell({ kind: 'ready' });
