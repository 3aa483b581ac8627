import { Injectable } from '@nestjs/common';
import { run } from '@rea/core';
import { Compensation, compensationKey, type CompensationRun } from '@rea/saga';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { z } from 'zod';

/** Whom a test refund concerns, and how it ends. */
export interface Refund {
  readonly order: string;
  readonly end?: undefined | 'well' | 'refused' | 'broken' | 'broken-once' | 'waiting';
}

const checkedRefund = compensationKey<Refund>('checked-refund', {
  schema: z.object({
    order: z.string().min(1),
    end: z.enum(['well', 'refused', 'broken', 'broken-once', 'waiting']).optional(),
  }),
});

/** Counts what its compensations have done. */
@Injectable()
export class Bank {
  /** Effects, each with the run it belongs to. */
  readonly effects: { readonly order: string; readonly effect: string; readonly run: CompensationRun }[] = [];
  /** Lets the refunds that end `waiting` go on. */
  readonly gate = Promise.withResolvers<void>();
  private readonly broken = new Set<string>();

  effectsOf(order: string): string[] {
    return this.effects.filter((each) => each.order === order).map(({ effect }) => effect);
  }

  @Compensation('refund')
  async refund(ctx: Context, refund: Refund, info: CompensationRun): Promise<void> {
    const { order, end = 'well' } = refund;
    await run(ctx, 'first', () => this.note(order, 'first', info));
    if (end === 'waiting') await run(ctx, 'gate', () => this.gate.promise);
    if (end === 'refused') throw new TerminalError(`no account for ${order}`, { errorCode: 451 });
    if (end === 'broken') throw new Error(`the bank burns for ${order}`);
    if (end === 'broken-once' && !this.broken.has(order)) {
      this.broken.add(order);
      throw new Error('a fuse blew');
    }
    await run(ctx, 'second', () => this.note(order, 'second', info));
  }

  @Compensation(checkedRefund)
  async checkedRefund(ctx: Context, refund: Refund, info: CompensationRun): Promise<void> {
    await this.refund(ctx, refund, info);
  }

  private note(order: string, effect: string, info: CompensationRun): void {
    this.effects.push({ order, effect, run: info });
  }
}
