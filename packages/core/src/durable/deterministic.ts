import type { Context } from '@restatedev/restate-sdk';

/** The time, journaled: the same on every replay. */
export async function now(ctx: Context): Promise<Date> {
  return new Date(await ctx.date.now());
}

/** A number from 0 to below 1, the same on every replay. Not for secrets: it derives from the invocation id. */
export function random(ctx: Context): number {
  return ctx.rand.random();
}

/** A version 4 UUID, the same on every replay. Not for secrets: it derives from the invocation id. */
export function uuid(ctx: Context): string {
  return ctx.rand.uuidv4();
}

/** One of the items, the same on every replay. Undefined for an empty list. */
export function choose<T>(ctx: Context, items: readonly T[]): T | undefined {
  return items[Math.floor(ctx.rand.random() * items.length)];
}
