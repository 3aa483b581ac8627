import { CancelledError, TerminalError } from '@restatedev/restate-sdk';
import { parallel } from '@rea/core';
import { asTerminalError, attemptOf, checkSize, toMillis } from '@rea/core/internal';
import type { NamedCompensation } from '../compensations/compensate-with.js';
import { backoffOf } from './backoff.js';
import { readCancelNote } from './cancel-note.js';
import { forward } from './forward.js';
import { type Batch, Rollback } from './rollback.js';
import type { Saga, StepOptions } from './saga.js';
import { type SagaReport, withReport } from './saga-report.js';
import type { SagaRunOptions } from './saga-run.options.js';
import type { SagaScope, StepLog } from './saga-scope.js';
import type { StepUnit, Unit } from './saga-unit.js';
import type { AnyStep, Step, StepRun } from './step.types.js';

type GivenStep = AnyStep & StepOptions;

type CauseKind = NonNullable<SagaReport['cause']>['kind'];

/** Ends the saga's shield; the outermost saga's, once it is past its pivot. */
type Release = () => void;

/** The engine of one saga: takes its steps, and undoes them when its block fails for good. */
export class SagaRun implements Saga {
  private readonly units: Unit<SagaRun>[] = [];
  private release: Release | undefined;

  constructor(
    private readonly scope: SagaScope,
    /** Put before the names of its steps: nothing, or `nested/`. */
    private readonly prefix: string,
    private readonly options: Pick<SagaRunOptions, 'strategy' | 'retry'>,
  ) {}

  get report(): SagaReport {
    return this.scope.report;
  }

  /** Runs the outermost saga. */
  async run<T>(block: (saga: Saga) => PromiseLike<T>): Promise<T> {
    const { scope } = this;
    const { interruption, raw } = scope;
    const { deadline } = scope.options;
    const unwatch = deadline === undefined ? undefined : interruption?.watchDeadline(raw.sleep(toMillis(deadline)));
    scope.publish('saga-started', () => ({}));
    scope.save();
    try {
      const value = await this.attempt(block);
      scope.status = 'completed';
      scope.save();
      scope.publish('saga-ended', () => ({ status: 'completed' as const }));
      return value;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      scope.save();
      const status = scope.status === 'incomplete' ? ('incomplete' as const) : ('rolled-back' as const);
      scope.publish('saga-ended', () => ({ status }));
      throw withReport(error, scope.report);
    } finally {
      unwatch?.();
      interruption?.clear();
      this.release?.();
    }
  }

  step<R>(name: string, step: Step<R> & StepOptions): Promise<R> {
    return this.take(name, step);
  }

  async parallel<T extends Readonly<Record<string, unknown>>>(steps: {
    readonly [K in keyof T]: Step<T[K]> & StepOptions;
  }): Promise<T> {
    const entries = Object.entries<GivenStep>(steps);
    this.scope.checkCount(entries.length);
    const units = entries.map(([name, step]) => this.register(name, step, 'waiting'));
    this.units.push({ kind: 'group', units });
    const branches = entries.map(([name, step], index) => [name, () => this.start(units[index]!, step)] as const);
    return (await parallel(this.scope.ctx, Object.fromEntries(branches))) as T;
  }

  async pivot<R>(name: string, step: Step<R> & StepOptions): Promise<R> {
    const value = await this.take(name, step, { pivot: true });
    const { interruption } = this.scope;
    this.scope.isPastPivot = true;
    interruption?.clear();
    this.release ??= interruption?.shield();
    return value;
  }

  async nested<T>(
    name: string,
    block: (saga: Saga) => PromiseLike<T>,
    options: Pick<SagaRunOptions, 'strategy' | 'retry'> = {},
  ): Promise<T> {
    const saga = new SagaRun(this.scope, `${this.prefix}${name}/`, { ...this.options, ...options });
    this.units.push({ kind: 'nested', saga });
    return saga.attempt(block);
  }

  private async take<R>(name: string, step: Step<R> & StepOptions, log: StepLog = {}): Promise<R> {
    this.scope.checkCount(1);
    const unit = this.register(name, step, 'running', log);
    this.units.push(unit);
    return (await this.start(unit, step)) as R;
  }

  private async attempt<T>(block: (saga: Saga) => PromiseLike<T>): Promise<T> {
    try {
      const value = await block(this);
      this.refuseWhenInterrupted();
      return value;
    } catch (error) {
      const terminal = asTerminalError(error);
      if (!terminal) throw error;
      if (this.scope.isPastPivot) throw terminal;
      throw await this.rollBack(terminal);
    }
  }

  private async rollBack(error: TerminalError): Promise<TerminalError> {
    const { scope } = this;
    const { interruption } = scope;
    await interruption?.settle();
    const end = interruption?.shield();
    try {
      const kind: CauseKind = interruption?.cause ?? (error instanceof CancelledError ? 'cancelled' : 'error');
      const thrown = this.named(error, kind);
      if (kind === 'cancelled' && scope.cause === undefined) scope.note = await readCancelNote(scope.raw);
      const { message, code } = thrown;
      const step = scope.failedStep === undefined ? {} : { step: scope.failedStep };
      const reason = scope.note.reason === undefined ? {} : { reason: scope.note.reason };
      scope.cause = { kind, message, code, ...step, ...reason };
      scope.status = 'rolling-back';
      scope.save();
      scope.publish('saga-rolling-back', () => ({ cause: kind }));
      await new Rollback(scope).run(this.takeBatches());
      scope.status = scope.deadLettered.length > 0 ? 'incomplete' : 'rolled-back';
      return thrown;
    } finally {
      end?.();
    }
  }

  /** What is to undo, latest first. Afterwards this saga has nothing more to undo. */
  private takeBatches(): Batch[] {
    const { options } = this;
    return this.units
      .splice(0)
      .toReversed()
      .flatMap((unit) => {
        if (unit.kind === 'nested') return unit.saga.takeBatches();
        return [{ options, units: unit.kind === 'group' ? unit.units : [unit] }];
      });
  }

  /** What leaves the saga: an interruption may have surfaced as something else, a callee's failure for example. */
  private named(error: TerminalError, kind: CauseKind): TerminalError {
    if (kind === 'cancelled') return error instanceof CancelledError ? error : new CancelledError();
    if (kind !== 'deadline') return error;
    const { name, options } = this.scope;
    return new TerminalError(
      `The saga "${name}" was not done within its deadline of ${toMillis(options.deadline ?? 0)} ms.`,
      { errorCode: 408 },
    );
  }

  private register(name: string, step: GivenStep, state: StepUnit['state'], log: StepLog = {}): StepUnit {
    const { scope } = this;
    this.refuseWhenInterrupted();
    const full = this.prefix + name;
    const planned = step.compensate?.({ known: false });
    const named = planned && 'compensation' in planned ? planned : undefined;
    if (named) this.checkCompensation(full, named);
    const { strategy = 'all' } = this.options;
    const undo = planned ? { compensation: named?.compensation ?? null, payload: named?.payload, strategy } : {};
    const entry = scope.admit(full, { ...log, ...undo });
    // What a rollback from the log needs is on its way before the action is.
    if (scope.options.journal) scope.save();
    return {
      kind: 'step',
      entry,
      compensate: step.compensate,
      retry: step.retry,
      outcome: { known: false },
      state,
    };
  }

  private checkCompensation(step: string, { compensation, payload }: NamedCompensation): void {
    const { ctx, services, name } = this.scope;
    const attempt = attemptOf(ctx);
    if (!services.registry.get(compensation)) {
      const known = services.registry.names().join(', ') || 'none';
      attempt?.report(
        'saga-unregistered',
        `The step "${step}" of the saga "${name}" names the compensation "${compensation}" (the application has: ${known})`,
      );
    }
    const bytes = Buffer.byteLength(JSON.stringify(payload ?? null));
    checkSize(attempt, bytes, `The payload of the compensation "${compensation}"`);
  }

  private async start(unit: StepUnit, step: GivenStep): Promise<unknown> {
    const { scope } = this;
    const { interruption } = scope;
    const { entry } = unit;
    unit.state = 'running';
    const run = { idempotencyKey: scope.keyOf(entry.name, 'action'), attempt: 1 };
    let value: unknown;
    try {
      value = scope.isPastPivot
        ? await forward(scope, entry, step, backoffOf('all', unit.retry, this.options.retry))
        : await this.act(entry.name, step, run);
      unit.outcome = { known: true, value: value as never };
      unit.state = entry.state = 'done';
      if (scope.options.journal) this.note(unit);
      scope.save();
      scope.publish('saga-step-ended', () => ({ step: entry.name, outcome: 'done' as const }));
    } catch (error) {
      if (asTerminalError(error)) {
        unit.state = entry.state = entry.state === 'dead-lettered' ? 'dead-lettered' : 'failed';
        scope.failedStep ??= entry.name;
        scope.publish('saga-step-ended', () => ({ step: entry.name, outcome: 'failed' as const }));
      }
      throw error;
    }
    if (interruption && !scope.isPastPivot) this.refuseWhenInterrupted();
    return value;
  }

  /** Calls an action; what it awaits was started by it, after its compensation was registered. */
  private act(step: string, { action }: GivenStep, run: StepRun): PromiseLike<unknown> {
    const { interruption, ctx, name } = this.scope;
    const before = interruption?.startedCount ?? 0;
    const future = action(run);
    const ordinal = interruption?.ordinal(future);
    if (ordinal !== undefined && ordinal < before) {
      attemptOf(ctx)?.report(
        'saga-late-compensation',
        `The action of the step "${step}" of the saga "${name}" was started before the step`,
      );
    }
    return future;
  }

  /** Keeps what the compensation would be given now. */
  private note({ compensate, outcome, entry }: StepUnit): void {
    const planned = compensate?.(outcome);
    if (planned && 'compensation' in planned) entry.payload = planned.payload;
  }

  /** A cancelled saga ends, also when its block has swallowed the error. */
  private refuseWhenInterrupted(): void {
    if (this.scope.isPastPivot || this.scope.interruption?.cause === undefined) return;
    throw new CancelledError();
  }
}
