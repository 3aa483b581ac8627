import { TerminalError } from '@restatedev/restate-sdk';
import { parallel } from '@rea/core';
import { tryWithBackoff } from './attempts.js';
import { backoffOf } from './backoff.js';
import type { SagaRunOptions } from './saga-run.options.js';
import type { SagaScope } from './saga-scope.js';
import type { StepUnit } from './saga-unit.js';
import type { UndoneStep } from '../dead-letters/dead-letter.types.js';

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
    const due = batches.map(({ units, options }) => ({ options, units: units.filter((unit) => isDue(unit, options)) }));
    for (const [index, { units, options }] of due.entries()) {
      const rest = due.slice(index + 1).flatMap((batch) => batch.units);
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
    const { registry } = scope.services;
    const planned = unit.compensate!(unit.outcome);
    const named = 'compensation' in planned ? planned : undefined;
    const idempotencyKey = scope.keyOf(entry.name, 'compensation');
    entry.state = 'compensating';
    scope.save();
    const compensation = named?.compensation;
    scope.publish('compensation-started', () => ({ step: entry.name, compensation }));
    const once = async (attempt: number) => {
      const run = { idempotencyKey, attempt, saga: scope.name, step: entry.name };
      if (!('compensation' in planned)) return planned(scope.ctx, run);
      const registered = registry.get(planned.compensation);
      if (registered) return registered.run(scope.ctx, planned.payload, run);
      throw new TerminalError(
        `REA8001: The application has no compensation "${planned.compensation}". Provide the class that has it; then redrive the dead letter.`,
        { errorCode: 500 },
      );
    };
    const result = await tryWithBackoff(
      scope,
      `compensation ${compensation ?? entry.name}`,
      backoffOf(strategy, unit.retry, retry),
      (attempt) => (scope.options.verifyIdempotency ? twice(entry.name, () => once(attempt)) : once(attempt)),
      (attempt, { message }) =>
        scope.publish('compensation-failed', () => ({ step: entry.name, compensation, attempt, error: message })),
    );
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
        payload: named?.payload ?? null,
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

/** Whether its strategy undoes a step that was started. Says so in the report when not. */
function isDue({ compensate, outcome, entry, state }: StepUnit, { strategy }: Batch['options']): boolean {
  if (state === 'waiting') return false;
  if (compensate && (outcome.known || strategy !== 'completed')) return true;
  if (entry.state === 'done') entry.state = 'skipped';
  return false;
}

function undone({ entry, compensate, outcome }: StepUnit): UndoneStep {
  const planned = compensate!(outcome);
  if (!('compensation' in planned)) return { step: entry.name, compensation: null, payload: null };
  return { step: entry.name, ...planned };
}

/** Runs a compensation again, with the same key, to see that it can be. */
async function twice(step: string, once: () => PromiseLike<unknown>): Promise<void> {
  await once();
  try {
    await once();
  } catch (error) {
    throw new TerminalError(
      `REA8005: The compensation of the step "${step}" has succeeded, and failed when it ran again: ${error instanceof Error ? error.message : String(error)}. A compensation may run more than once: make it idempotent.`,
      { errorCode: 500 },
    );
  }
}
