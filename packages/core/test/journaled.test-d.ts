import type { Context, RestatePromise, Serde } from '@restatedev/restate-sdk';
import { type Journaled, run } from '@rea/core';
import { expectTypeOf } from 'vitest';

class Money {
  constructor(
    readonly cents: number,
    readonly format: () => string,
  ) {}
  toJSON(): { cents: number } {
    return { cents: this.cents };
  }
}

// What JSON keeps, it keeps.
expectTypeOf<Journaled<string>>().toEqualTypeOf<string>();
expectTypeOf<Journaled<number | null>>().toEqualTypeOf<number | null>();
expectTypeOf<Journaled<boolean>>().toEqualTypeOf<boolean>();
expectTypeOf<Journaled<'a' | 'b'>>().toEqualTypeOf<'a' | 'b'>();
expectTypeOf<Journaled<undefined>>().toEqualTypeOf<undefined>();
expectTypeOf<Journaled<{ a: number; b?: string }>>().toEqualTypeOf<{ a: number; b?: string }>();
expectTypeOf<Journaled<{ a: { b: string[] } }>>().toEqualTypeOf<{ a: { b: string[] } }>();
expectTypeOf<Journaled<[string, number]>>().toEqualTypeOf<[string, number]>();
expectTypeOf<Journaled<readonly string[]>>().toEqualTypeOf<string[]>();

// A date is a text, and so is one inside.
expectTypeOf<Journaled<Date>>().toEqualTypeOf<string>();
expectTypeOf<Journaled<{ at: Date; all: Date[] }>>().toEqualTypeOf<{ at: string; all: string[] }>();
expectTypeOf<Journaled<Date | undefined>>().toEqualTypeOf<string | undefined>();
expectTypeOf<Journaled<Money>>().toEqualTypeOf<{ cents: number }>();

// What JSON cannot write is gone, or null in an array, or cannot be journaled at all.
expectTypeOf<Journaled<{ a: number; f: () => void; s: symbol }>>().toEqualTypeOf<{ a: number }>();
expectTypeOf<Journaled<[number, undefined]>>().toEqualTypeOf<[number, null]>();
expectTypeOf<Journaled<Map<string, number>>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<Journaled<Set<string>>>().toEqualTypeOf<Record<string, never>>();
expectTypeOf<Journaled<bigint>>().toEqualTypeOf<never>();
expectTypeOf<Journaled<() => void>>().toEqualTypeOf<never>();

// A run gives the journaled form, unless it has a serde of its own.
declare const ctx: Context;
declare const dates: Serde<Date>;
expectTypeOf(run(ctx, 'now', () => new Date())).toEqualTypeOf<RestatePromise<string>>();
expectTypeOf(run(ctx, 'now', async () => ({ at: new Date() }))).toEqualTypeOf<RestatePromise<{ at: string }>>();
expectTypeOf(run(ctx, 'nothing', () => {})).toEqualTypeOf<RestatePromise<void>>();
expectTypeOf(run(ctx, 'now', () => new Date(), { serde: dates })).toEqualTypeOf<RestatePromise<Date>>();
// @ts-expect-error a run has a name
void run(ctx, () => 1);
void run(ctx, 'key', ({ idempotencyKey, signal }) => {
  expectTypeOf(idempotencyKey).toEqualTypeOf<string>();
  expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
});
// @ts-expect-error the closure is not given the durable context
void run(ctx, 'nested', (context) => context.run('inner', () => 1));
