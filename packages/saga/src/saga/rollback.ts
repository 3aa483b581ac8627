import { TerminalError } from '@restatedev/restate-sdk';
import { parallel } from '@rea/core';
import { tryWithBackoff } from './attempts.js';
import { backoffOf } from './backoff.js';
import { type Plan, planOf } from './plan.js';
import type { SagaRunOptions } from './saga-run.options.js';
import type { SagaScope } from './saga-scope.js';
import type { StepUnit } from './saga-unit.js';
import type { UndoneStep } from '../dead-letters/dead-letter.types.js';
import { messageOf } from '@rea/core/internal';

/** Steps that are undone at once, and how. */
export interface Batch {
  readonly units: readonly StepUnit[];
  readonly options: Pick<SagaRunOptions, 'strategy' | 'retry'>;
}

/** Undoes steps by their strategies. What cannot be undone becomes a dead letter. */
export class Rollback {
  constructor(
    private readonly scope: SagaScope,
    /** What the sagas around this one would undo after it, latest first. */
    private readonly outer: readonly Batch[],
  ) {}

  /** @param batches in the order in which they are undone */
  async run(batches: readonly Batch[]): Promise<void> {
    const { scope, outer } = this;
    for (const [index, batch] of batches.entries()) {
      const { options } = batch;
      const units = dueOf(batch);
      for (const unit of batch.units) if (!units.includes(unit)) skip(unit);
      const rest = [...batches.slice(index + 1), ...outer].flatMap(dueOf);
      if (scope.isHalted) {
        for (const { entry } of units) entry.state = 'not-undone';
      } else if (units.length === 1) {
        await this.compensate(units[0]!, options, rest);
      } else if (units.length > 1) {
        await parallel(
          scope.ctx,
          units.map((unit) => () => this.compensate(unit, options, rest)),
        );
      }
    }
  }

  private async compensate(
    unit: StepUnit,
    { strategy = 'all', retry }: Batch['options'],
    rest: readonly StepUnit[],
  ): Promise<void> {
    const { scope } = this;
    const { entry } = unit;
    const idempotencyKey = scope.keyOf(entry.name, 'compensation');
    entry.state = 'compensating';
    scope.save();
    const { plan, problem } = tryPlan(unit);
    const compensation = plan?.named?.compensation;
    scope.publish('compensation-started', () => ({ step: entry.name, compensation }));
    const once = async (attempt: number) => {
      if (!plan) throw problem;
      const run = { idempotencyKey, attempt, saga: scope.name, step: entry.name };
      if (plan.inline) return plan.inline(scope.ctx, run);
      const registered = scope.services.registry.get(plan.named.compensation);
      if (registered) return registered.run(scope.ctx, plan.named.payload, run);
      throw new TerminalError(
        `REA8001: The application has no compensation "${plan.named.compensation}". Provide the class that has it; then redrive the dead letter.`,
        { errorCode: 500 },
      );
    };
    const what = `compensation ${compensation ?? entry.name}`;
    const stretch = scope.begin(what, { 'rea.saga.step': entry.name });
    const result = await tryWithBackoff(
      scope,
      what,
      () => backoffOf(strategy, unit.retry, retry),
      (attempt) => (scope.options.verifyIdempotency ? twice(entry.name, () => once(attempt)) : once(attempt)),
      (attempt, { message }) =>
        scope.publish('compensation-failed', () => ({ step: entry.name, compensation, attempt, error: message })),
      stretch,
    );
    stretch.end(result.done ? undefined : result.error);
    if (result.done) {
      entry.state = 'compensated';
      scope.compensated.push(entry.name);
    } else {
      entry.state = 'dead-lettered';
      if (strategy !== 'best-effort') scope.isHalted = true;
      const { message, code } = result.error;
      scope.deadLetter({
        step: entry.name,
        kind: 'compensation',
        compensation: compensation ?? null,
        payload: plan?.named?.payload ?? null,
        error: { message, code },
        attempts: result.attempts,
        idempotencyKey,
        undone: strategy === 'best-effort' ? [] : rest.map(undone),
      });
    }
    scope.save();
    const outcome = result.done ? ('done' as const) : ('dead-lettered' as const);
    scope.publish('compensation-ended', () => ({ step: entry.name, compensation, outcome, attempts: result.attempts }));
  }
}

/** The units that a batch's strategy undoes, of those that were started. */
function dueOf({ units, options }: Batch): StepUnit[] {
  return units.filter(
    ({ state, compensate, outcome }) =>
      state !== 'waiting' && compensate && (outcome.known || options.strategy !== 'completed'),
  );
}

function skip({ entry }: StepUnit): void {
  if (entry.state === 'done') entry.state = 'skipped';
}

/** A plan for what has become of the action may fail, though the one for an unknown outcome has not. */
function tryPlan({ entry, compensate, outcome }: StepUnit): { readonly plan?: Plan; readonly problem?: unknown } {
  try {
    return { plan: planOf(entry.name, compensate!, outcome) };
  } catch (problem) {
    return { problem };
  }
}

function undone(unit: StepUnit): UndoneStep {
  const { named } = tryPlan(unit).plan ?? {};
  return { step: unit.entry.name, compensation: named?.compensation ?? null, payload: named?.payload ?? null };
}

/** Runs a compensation again, with the same key, to see that it can be. */
async function twice(step: string, once: () => PromiseLike<unknown>): Promise<void> {
  await once();
  try {
    await once();
  } catch (error) {
    throw new TerminalError(
      `REA8005: The compensation of the step "${step}" has succeeded, and failed when it ran again: ${messageOf(error)}. A compensation may run more than once: make it idempotent.`,
      { errorCode: 500 },
    );
  }
}
