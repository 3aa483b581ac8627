import { Injectable } from '@nestjs/common';
import {
  awakeable,
  DeadlineError,
  Handler,
  InjectClient,
  resolveAwakeable,
  run,
  Service,
  type ServiceClient,
  withDeadline,
} from '@rea/core';
import { type Context, type Duration, TerminalError } from '@restatedev/restate-sdk';

/** Stands in for the drivers' telephones. */
@Injectable()
export class Drivers {
  /** By order: where the answer is awaited. */
  readonly asked = new Map<string, string>();

  ask(order: string, awakeableId: string): void {
    this.asked.set(order, awakeableId);
  }
}

@Service()
export class Docks {
  static readonly reserved = new Set<string>();

  @Handler()
  async reserve(ctx: Context, order: string): Promise<string> {
    await run(ctx, 'reserve', () => void Docks.reserved.add(order));
    return 'dock 4';
  }

  @Handler()
  async release(ctx: Context, order: string): Promise<void> {
    await run(ctx, 'release', () => void Docks.reserved.delete(order));
  }
}

@Service()
export class Routes {
  @Handler()
  async plan(ctx: Context, { order, takes }: { order: string; takes: Duration }): Promise<string> {
    await ctx.sleep(takes);
    return `route of ${order}`;
  }

  @Handler()
  async price(_ctx: Context, route: string): Promise<string> {
    return `${route}: 40 EUR`;
  }

  @Handler()
  async answer(ctx: Context, { id, driver }: { id: string; driver: string }): Promise<void> {
    resolveAwakeable(ctx, id, driver);
  }
}

@Service()
export class Dispatch {
  constructor(
    @InjectClient(Docks) private readonly docks: ServiceClient<Docks>,
    @InjectClient(Routes) private readonly routes: ServiceClient<Routes>,
    private readonly drivers: Drivers,
  ) {}

  // #region handler
  @Handler({ deadline: { minutes: 10 } }) // for all of it
  async book(ctx: Context, order: string): Promise<string> {
    const dock = await this.docks.call.reserve(order);
    try {
      const { id, promise: answer } = awakeable<string>(ctx);
      await run(ctx, 'ask a driver', () => this.drivers.ask(order, id));
      return `${await answer} at ${dock}`; // after ten minutes this throws
    } catch (error) {
      if (error instanceof TerminalError) await this.docks.call.release(order); // and this still runs
      throw error;
    }
  }
  // #endregion handler

  // #region block
  @Handler()
  async quote(ctx: Context, request: { order: string; takes: Duration; patience: Duration }): Promise<string> {
    try {
      return await withDeadline(ctx, request.patience, async () => {
        const route = await this.routes.call.plan(request);
        return this.routes.call.price(route);
      });
    } catch (error) {
      if (error instanceof DeadlineError) return 'on request';
      throw error;
    }
  }
  // #endregion block
}
