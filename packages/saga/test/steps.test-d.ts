import { run } from '@rea/core';
import {
  Compensation,
  compensateWith,
  compensationKey,
  type CompensationRun,
  type Saga,
  sagaReportOf,
  type SagaReport,
  Sagas,
  type StepOutcome,
} from '@rea/saga';
import type { Context, ObjectContext, WorkflowContext } from '@restatedev/restate-sdk';
import { expectTypeOf } from 'vitest';

declare const saga: Saga;
declare const sagas: Sagas;
declare const ctx: Context;

interface Hold {
  readonly id: string;
}
declare const reserve: () => Promise<Hold>;

const releaseStock = compensationKey<{ readonly orderId: string; readonly hold?: string | undefined }>('release-stock');

/** A step says how it is undone, or that it cannot be. */
export async function sayingHowToUndo(): Promise<void> {
  // @ts-expect-error neither compensate nor irreversible
  await saga.step('a', { action: reserve });
  // @ts-expect-error both
  await saga.step('a', { action: reserve, irreversible: true, compensate: () => async () => undefined });
  // @ts-expect-error irreversible is said, not denied
  await saga.step('a', { action: reserve, irreversible: false });
  // @ts-expect-error no action
  await saga.step('a', { compensate: () => async () => undefined });
  // @ts-expect-error the future of an action that has begun is no action
  await saga.step('a', { irreversible: true, action: reserve() });
  // @ts-expect-error a compensation is planned, not run
  await saga.step('a', { compensate: async () => undefined, action: reserve });
  await saga.step('a', { irreversible: true, action: reserve });
  // @ts-expect-error the same for the pivot
  await saga.pivot('a', { action: reserve });
  // @ts-expect-error and for each step of a group
  await saga.parallel({ a: { action: reserve } });
}

/** Its result and outcome have the type of its action. */
export async function typesOfResults(): Promise<void> {
  const hold = await saga.step('a', {
    compensate: (outcome) => {
      expectTypeOf(outcome).toEqualTypeOf<StepOutcome<Hold>>();
      // @ts-expect-error not known yet
      void outcome.value;
      return compensateWith(releaseStock, { orderId: 'o', hold: outcome.known ? outcome.value.id : undefined });
    },
    action: reserve,
  });
  expectTypeOf(hold).toEqualTypeOf<Hold>();
  const date = await saga.step('b', { irreversible: true, action: () => run(ctx, 'b', () => new Date()) });
  expectTypeOf(date).toEqualTypeOf<string>();
  const pivoted = await saga.pivot('c', { irreversible: true, action: async ({ attempt }) => attempt });
  expectTypeOf(pivoted).toEqualTypeOf<number>();
}

/** An action is told its key and its try. */
export function whatActionsAreTold(): void {
  void saga.step('a', {
    irreversible: true,
    action: async (told) => {
      expectTypeOf(told.idempotencyKey).toEqualTypeOf<string>();
      expectTypeOf(told.attempt).toEqualTypeOf<number>();
    },
  });
}

/** A group gives the results of its steps under their names. */
export async function resultsOfGroups(): Promise<void> {
  const results = await saga.parallel({
    hold: { compensate: () => compensateWith('x'), action: reserve },
    count: { irreversible: true, action: async () => 3 },
  });
  expectTypeOf(results.hold).toEqualTypeOf<Hold>();
  expectTypeOf(results.count).toEqualTypeOf<number>();
  // @ts-expect-error no step of that name
  void results.other;
}

/** A payload fits its key. */
export function payloadsOfKeys(): void {
  compensateWith(releaseStock, { orderId: 'o' });
  // @ts-expect-error no order
  compensateWith(releaseStock, {});
  // @ts-expect-error not the key's type
  compensateWith(releaseStock, { orderId: 1 });
  compensateWith('by-name', { anything: 1 });
}

/** A compensation takes the payload of its key. */
export function payloadsOfCompensations(): void {
  class Undoing {
    @Compensation(releaseStock)
    async release(_ctx: Context, _payload: { readonly orderId: string }, _run: CompensationRun): Promise<void> {}

    @Compensation('by-name')
    async byName(_ctx: Context, _payload: Hold): Promise<number> {
      return 1;
    }

    // @ts-expect-error the payload is not the key's
    @Compensation(releaseStock)
    async wrong(_ctx: Context, _payload: { readonly other: number }): Promise<void> {}

    // @ts-expect-error not asynchronous
    @Compensation('by-name')
    sync(_ctx: Context, _payload: Hold): void {}
  }
  void Undoing;
}

/** A saga gives what its block gives, on a context of any kind. */
export async function blocksOfAnyContext(): Promise<void> {
  expectTypeOf(await sagas.run(ctx, 's', async () => 1)).toEqualTypeOf<number>();
  expectTypeOf<Sagas['run']>().parameter(0).toEqualTypeOf<Context>();
  void (async (object: ObjectContext, flow: WorkflowContext) => {
    await sagas.run(object, 's', async (given) => {
      expectTypeOf(given).toEqualTypeOf<Saga>();
    });
    await sagas.run(flow, 's', async () => undefined);
  });
  expectTypeOf(await saga.nested('n', async () => 'inner')).toEqualTypeOf<string>();
  // @ts-expect-error a deadline is the outermost saga's
  await saga.nested('n', async () => 'inner', { deadline: 1 });
  // @ts-expect-error no such strategy
  await sagas.run(ctx, 's', async () => 1, { strategy: 'some' });
}

/** Nothing is any. */
export function nothingIsAny(): void {
  expectTypeOf(saga.step('a', { irreversible: true, action: async () => undefined })).resolves.not.toBeAny();
  expectTypeOf(saga.parallel({})).resolves.not.toBeAny();
  expectTypeOf(sagaReportOf(undefined)).toEqualTypeOf<SagaReport | undefined>();
  expectTypeOf<SagaReport['steps'][number]>().not.toBeAny();
}
