import { TerminalError } from '@restatedev/restate-sdk';
import { parallel } from '@rea/core';
import { tryWithBackoff } from './attempts.js';
import { backoffOf } from './backoff.js';
import { type Plan, planOf } from './plan.js';
import type { SagaRunOptions } from './saga-run.options.js';
import type { SagaScope } from './saga-scope.js';
import type { StepUnit } from './saga-unit.js';
import type { NotUndoneStep } from '../dead-letters/dead-letter.types.js';
import { messageOf } from '@rea/core/internal';

/** Steps that are undone at once, and how. */
export interface Batch {
  readonly units: readonly StepUnit[];
  readonly options: Pick<SagaRunOptions, 'strategy' | 'retry'>;
}

/** Undoes steps by their strategies. What cannot be undone becomes a dead letter. */
export class Rollback {
  constructor(private readonly scope: SagaScope) {}

  /** @param batches in the order in which they are undone */
  async run(batches: readonly Batch[]): Promise<void> {
    const { scope } = this;
    // Whether a dead letter of these batches keeps what follows; one of another saga does not know of it.
    let isKept = false;
    for (const [index, batch] of batches.entries()) {
      const { options } = batch;
      const units = dueOf(batch);
      for (const unit of batch.units) if (!units.includes(unit)) skip(unit);
      const from = (first: number) => batches.slice(first).flatMap(dueOf).map(notUndone);
      if (scope.halt) {
        if (!isKept) scope.extendHalt(from(index));
        isKept = true;
        for (const { entry } of units) entry.state = 'not-undone';
      } else if (units.length === 1) {
        isKept = await this.compensate(units[0]!, options, () => from(index + 1));
      } else if (units.length > 1) {
        // What follows is kept once it is known which steps of the group have to be undone before it.
        await parallel(
          scope.ctx,
          units.map((unit) => () => this.compensate(unit, options, () => [])),
        );
      }
    }
  }

  /** @returns whether the rollback stops here, and its dead letter keeps the rest */
  private async compensate(
    unit: StepUnit,
    { strategy = 'all', retry }: Batch['options'],
    rest: () => readonly NotUndoneStep[],
  ): Promise<boolean> {
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
    const halts = !result.done && strategy !== 'best-effort';
    if (result.done) {
      entry.state = 'compensated';
      scope.compensated.push(entry.name);
    } else {
      entry.state = 'dead-lettered';
      const { message, code } = result.error;
      const report = scope.deadLetter({
        step: entry.name,
        kind: 'compensation',
        compensation: compensation ?? null,
        payload: plan?.named?.payload ?? null,
        error: { message, code },
        attempts: result.attempts,
        idempotencyKey,
        notUndone: halts ? rest() : [],
      });
      if (halts) scope.haltAt(report);
    }
    scope.save();
    const outcome = result.done ? ('done' as const) : ('dead-lettered' as const);
    scope.publish('compensation-ended', () => ({ step: entry.name, compensation, outcome, attempts: result.attempts }));
    return halts;
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

function notUndone(unit: StepUnit): NotUndoneStep {
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
