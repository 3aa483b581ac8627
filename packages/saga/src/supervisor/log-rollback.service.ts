import { Inject } from '@nestjs/common';
import { Handler, Service } from '@rea/core';
import { attemptOf, BuiltIn, Interruption, ownKey } from '@rea/core/internal';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { ComponentCalls } from '../dead-letters/component-calls.js';
import type { CompensationOrder } from '../dead-letters/compensation-runner.service.js';
import { RUNNER } from '../dead-letters/dead-letter-names.js';
import { DeadLetterQueue } from '../dead-letters/dead-letter-queue.js';
import { JSON_FORMAT } from '../dead-letters/json-format.js';
import { backoffOf, waitBefore } from '../saga/backoff.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from '../saga.options.js';
import type { InvocationError, LogRollbackResult, SagaInvocation } from './saga-invocation.js';
import type { LoggedSaga, LoggedStep } from './state-log.js';
import { LOG_ROLLBACK, SAGA_CASE } from './supervisor-names.js';

/** What has to be undone, and of which dead workflow. */
export interface LogRollbackOrder {
  readonly invocation: SagaInvocation;
  readonly origin: string;
  readonly cause: InvocationError;
  readonly sagas: readonly LoggedSaga[];
}

/** What a rollback has done so far. */
interface Progress {
  readonly compensated: string[];
  readonly deadLettered: { readonly step: string; readonly id: string }[];
  readonly notUndone: string[];
}

/**
 * Undoes a killed workflow from the log in its state: the named compensations, latest first, with the idempotency keys
 * that the saga itself would have used. It follows each saga's strategy, and the module's retry policy.
 */
@BuiltIn()
@Service({
  name: LOG_ROLLBACK,
  ingressPrivate: true,
  serde: JSON_FORMAT,
  description: 'Rolls back workflows that were killed.',
})
export class LogRollback {
  constructor(
    private readonly calls: ComponentCalls,
    private readonly queue: DeadLetterQueue,
    @Inject(SAGA_OPTIONS) private readonly options: SagaModuleOptions,
  ) {}

  @Handler()
  async run(ctx: Context, order: LogRollbackOrder): Promise<void> {
    const undoAll = () => this.undoAll(ctx, order);
    await (Interruption.of(ctx)?.shielded(undoAll) ?? undoAll());
  }

  private async undoAll(ctx: Context, order: LogRollbackOrder): Promise<void> {
    const progress: Progress = { compensated: [], deadLettered: [], notUndone: [] };
    for (const saga of order.sagas) await this.undo(ctx, order, saga, progress);
    const result: LogRollbackResult = progress;
    await this.calls.call(ctx, SAGA_CASE, 'rolledBack', order.invocation.invocationId, result);
  }

  private async undo(ctx: Context, order: LogRollbackOrder, saga: LoggedSaga, progress: Progress): Promise<void> {
    for (const [index, step] of saga.steps.entries()) {
      const failed = await this.compensate(ctx, order, saga.saga, step);
      if (!failed) {
        progress.compensated.push(step.step);
        continue;
      }
      const rest = step.strategy === 'best-effort' ? [] : saga.steps.slice(index + 1);
      const id = ownKey(order.origin, saga.saga, step.step);
      progress.deadLettered.push({ step: step.step, id });
      const { invocationId, service, handler, key } = order.invocation;
      this.queue.add(ctx, {
        id,
        saga: saga.saga,
        step: step.step,
        kind: 'compensation',
        compensation: step.compensation,
        payload: step.payload,
        ...failed,
        idempotencyKey: keyOf(order, saga.saga, step),
        invocationId,
        service,
        handler,
        key,
        cause: order.cause,
        notUndone: rest.map(({ step: name, compensation, payload }) => ({ step: name, compensation, payload })),
      });
      if (step.strategy === 'best-effort') continue;
      progress.notUndone.push(...rest.map(({ step: name }) => name));
      return;
    }
  }

  /** @returns how it failed; undefined once it is undone */
  private async compensate(
    ctx: Context,
    order: LogRollbackOrder,
    saga: string,
    step: LoggedStep,
  ): Promise<{ readonly error: InvocationError; readonly attempts: number } | undefined> {
    const { compensation, payload, step: name, strategy } = step;
    if (compensation === null) {
      const message = 'The compensation was written inline, and its code ended with the workflow.';
      return { error: { message, code: 422 }, attempts: 0 };
    }
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    const backoff = backoffOf(strategy, this.options.retry);
    for (let attempt = 1; ; attempt += 1) {
      const run = { idempotencyKey: keyOf(order, saga, step), attempt, saga, step: name };
      const ordered: CompensationOrder = { compensation, payload, run };
      try {
        await this.calls.call(ctx, RUNNER, 'run', undefined, ordered);
        return undefined;
      } catch (error) {
        // Anything else is a suspension or a lost connection, and no outcome.
        if (!(error instanceof TerminalError)) throw error;
        const { message, code } = error;
        if (attempt >= backoff.maxAttempts) return { error: { message, code }, attempts: attempt };
      }
      const wait = waitBefore(backoff, attempt + 1, () => raw.rand.random());
      await raw.sleep(wait, `compensation ${compensation}, try ${attempt + 1}`);
    }
  }
}

function keyOf({ origin }: LogRollbackOrder, saga: string, { step }: LoggedStep): string {
  return ownKey(origin, saga, step, 'compensation');
}
