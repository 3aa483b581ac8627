import { Inject, Injectable, Optional } from '@nestjs/common';
import { attemptOf } from '@rea/core/internal';
import { CancelledError, type Context, TerminalError } from '@restatedev/restate-sdk';
import { CompensationRegistry } from '../compensations/compensation-registry.js';
import { backoffOf, waitBefore } from '../saga/backoff.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from '../saga.options.js';
import type { CompensationOrder } from './compensation-runner.service.js';
import { ComponentCalls } from './component-calls.js';
import type { DeadLetterError, DeadLetterSummary, RedriveOptions } from './dead-letter-entry.js';
import {
  forwardStep,
  inlineCompensation,
  noSuchStep,
  unregistered,
  waitsForAnother,
  withheldPayload,
} from './dead-letter-failures.js';
import { ENTRY, RUNNER } from './dead-letter-names.js';
import { type StoredHistory, toError } from './entry-state.js';
import { type EntryStep, NO_PROGRESS } from './entry-work.js';
import type { StoredReport } from './stored-report.js';

/** An entry whose steps are redriven. */
interface RedrivenEntry {
  readonly summary: DeadLetterSummary;
  readonly report: StoredReport;
  readonly history: StoredHistory;
}

/** How the tries of a step ended, and which was the last. */
export interface StepEnding {
  readonly attempt: number;
  readonly error?: DeadLetterError;
}

/** Runs the compensations of an entry's steps, each in an invocation of its own. */
@Injectable()
export class Redriver {
  constructor(
    private readonly registry: CompensationRegistry,
    private readonly calls: ComponentCalls,
    @Optional() @Inject(SAGA_OPTIONS) private readonly options: SagaModuleOptions | undefined,
  ) {}

  /** Edited payloads, by the indexes of steps. @throws TerminalError 400 (`REA8004`, `REA8066`) */
  edited(id: string, left: readonly EntryStep[], { payload, payloads = {} }: RedriveOptions): Map<number, unknown> {
    const edited = new Map<number, unknown>();
    for (const [name, value] of Object.entries(payloads)) {
      const step = left.find((each) => each.step === name);
      if (!step)
        throw noSuchStep(
          id,
          name,
          left.map((each) => each.step),
        );
      edited.set(step.index, value);
    }
    if (payload !== undefined && left[0]) edited.set(left[0].index, payload);
    for (const step of left.slice(1)) if (edited.has(step.index)) this.check(step, edited.get(step.index));
    return edited;
  }

  /** Runs the compensation of a step. @throws TerminalError when it is the first that is left, and cannot be run */
  async run(
    ctx: Context,
    entry: RedrivenEntry,
    step: EntryStep,
    edited: ReadonlyMap<number, unknown>,
    left: readonly EntryStep[],
  ): Promise<Partial<StepEnding>> {
    const isFirst = step === left[0];
    try {
      const order = await this.order(ctx, entry, step, edited, left);
      return await this.execute(ctx, order, isFirst);
    } catch (error) {
      if (isFirst || !(error instanceof TerminalError)) throw error;
      return { error: toError(error) };
    }
  }

  /** Refuses a payload that does not fit the compensation's schema. @throws TerminalError (400, `REA8004`) */
  private check({ compensation }: EntryStep, payload: unknown): void {
    if (compensation !== null) this.registry.get(compensation)?.check(payload);
  }

  /**
   * What has to be run for a step.
   *
   * @param edited payloads by index, in place of the reported ones
   * @param left steps that are left, this one included
   * @throws TerminalError when it cannot be run: 400 (`REA8004`), 409 (`REA8065`), 422 (`REA8023` to `REA8026`)
   */
  private async order(
    ctx: Context,
    { summary, report, history }: RedrivenEntry,
    step: EntryStep,
    edited: ReadonlyMap<number, unknown>,
    left: readonly EntryStep[],
  ): Promise<CompensationOrder> {
    const { id } = summary;
    const { tries, after } = history.progress ?? NO_PROGRESS;
    const { index, compensation, idempotencyKey } = step;
    if (report.kind === 'forward') throw forwardStep(summary);
    if (index > 0) await this.waitFor(ctx, id, step, after);
    if (compensation === null) {
      const behind = left.filter((other) => other.index > index).map((other) => other.step);
      throw inlineCompensation(id, step.step, behind);
    }
    const registered = this.registry.get(compensation);
    if (!registered) throw unregistered(compensation, this.registry.names());
    if (!edited.has(index) && step.withheld !== undefined) throw withheldPayload(id, step.step, step.withheld);
    const payload = edited.has(index) ? edited.get(index) : step.payload;
    registered.check(payload);
    const attempt = (index === 0 ? summary.attempts : (tries[index] ?? 0)) + 1;
    return { compensation, payload, run: { idempotencyKey, attempt, saga: report.saga, step: step.step } };
  }

  /**
   * Runs it.
   *
   * @param isFirst it is what the redrive begins with: one try, so that the operator sees how it ends. What follows was
   *   never tried by the rollback, and gets the tries that it would have had there
   */
  private async execute(ctx: Context, order: CompensationOrder, isFirst: boolean): Promise<StepEnding> {
    const { compensation, payload, run } = order;
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    // A redrive ends, whatever the saga's strategy: an entry that is tried for ever could not be resolved.
    const backoff = backoffOf('all', this.options?.retry);
    const most = isFirst ? 1 : backoff.maxAttempts;
    for (let tried = 1; ; tried += 1) {
      const attempt = run.attempt + tried - 1;
      try {
        await this.calls.call(ctx, RUNNER, 'run', undefined, { compensation, payload, run: { ...run, attempt } });
        return { attempt };
      } catch (error) {
        // Anything else is a suspension or a lost connection, and no outcome.
        if (!(error instanceof TerminalError)) throw error;
        if (tried >= most || error instanceof CancelledError) return { attempt, error: toError(error) };
      }
      try {
        const wait = waitBefore(backoff, tried + 1, () => raw.rand.random());
        await raw.sleep(wait, `compensation ${compensation}, try ${attempt + 1}`);
      } catch (error) {
        if (error instanceof TerminalError) return { attempt, error: toError(error) };
        throw error;
      }
    }
  }

  /** Waits for verbs that run on the other entries. */
  private async waitFor(ctx: Context, id: string, { step }: EntryStep, after: readonly string[]): Promise<void> {
    for (const other of after) {
      if (!(await this.calls.call<boolean>(ctx, ENTRY, 'isClosed', other, undefined))) {
        throw waitsForAnother(id, step, other);
      }
    }
  }
}
