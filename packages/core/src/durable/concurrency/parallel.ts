import type { Context } from '@restatedev/restate-sdk';
import { type BranchOutcome, settleBranches } from './settle-branches.js';

/** A branch: an ordinary async function that awaits calls, runs, sleeps, state, one after another. */
export type BranchFunction<T> = () => PromiseLike<T>;

/** Branches by position or by name. */
export type Branches = readonly BranchFunction<unknown>[] | Readonly<Record<string, BranchFunction<unknown>>>;

/**
 * Runs async functions at the same time, each with as many durable awaits as it likes, and gives their results under the
 * same positions or names. Nests. Each replay continues the branches in the same order, the journal's.
 *
 * All branches are waited for, also when one has failed. A cancellation is thrown once at the await of each branch, and a
 * branch that catches it may clean up durably.
 *
 * @example
 * ```ts
 * const { receipt, parcel } = await parallel(ctx, {
 *   receipt: async () => this.payments.call.charge(await state(ctx, Order.total).get()),
 *   parcel: async () => {
 *     const label = await this.carrier.call.label(order);
 *     await ctx.sleep({ minutes: 5 });
 *     return this.carrier.call.pickUp(label);
 *   },
 * });
 * ```
 *
 * @param ctx the handler's context, also for the branches
 * @param branches started in order; none gives an empty result
 * @throws the failure of the branch that failed first, once all have ended; CancelledError before any other
 * @throws an ordinary error at once, apart from run closures that are executing, which may finish for up to 5 s; the other
 *   branches go no further then. Do not catch it: the attempt is retried
 */
export async function parallel<const T extends Branches>(
  ctx: Context,
  branches: T,
): Promise<{ -readonly [P in keyof T]: T[P] extends BranchFunction<infer R> ? Awaited<R> : never }> {
  const { outcomes, firstFailure } = await settleBranches(
    ctx,
    'parallel',
    Object.values<BranchFunction<unknown>>(branches),
  );
  if (firstFailure) throw firstFailure.error;
  const values = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : undefined));
  return shaped(branches, values) as never;
}

/**
 * As {@link parallel}, but gives the outcome of every branch, failures too.
 *
 * @throws CancelledError when a branch ended by the cancellation of the invocation
 * @throws an ordinary error, as in {@link parallel}
 */
export async function parallelSettled<const T extends Branches>(
  ctx: Context,
  branches: T,
): Promise<{ -readonly [P in keyof T]: T[P] extends BranchFunction<infer R> ? BranchOutcome<Awaited<R>> : never }> {
  const { outcomes } = await settleBranches(ctx, 'parallelSettled', Object.values<BranchFunction<unknown>>(branches));
  return shaped(branches, outcomes) as never;
}

/** Values under the positions or names of the branches. */
function shaped(branches: Branches, values: readonly unknown[]): unknown {
  if (Array.isArray(branches)) return values;
  return Object.fromEntries(Object.keys(branches).map((name, index) => [name, values[index]]));
}
