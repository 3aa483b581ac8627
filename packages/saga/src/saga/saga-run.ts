import { CancelledError, TerminalError } from '@restatedev/restate-sdk';
import { parallel } from '@rea/core';
import { attemptOf, nextRollback, noteOpen, outlastsCancel, rollbackEntry, toMillis } from '@rea/core/internal';
import { closeSection, refuseUnawaitedOf } from './unawaited-steps.js';
import type { NamedCompensation } from '../compensations/compensate-with.js';
import { checkRunOptions } from '../saga.options-validation.js';
import { ActionRun } from './action-run.js';
import { backoffOf } from './backoff.js';
import { begunRollback, isOfOuterSaga, refuseStepOfRollback } from './begun-rollback.js';
import { CANCEL_SIGNAL, readCancelNote } from './cancel-note.js';
import { checkCompensation } from './check-compensation.js';
import { checkName } from './check-name.js';
import { checkStep } from './check-step.js';
import { forward } from './forward.js';
import { leavingSaga } from './leaving-saga.js';
import { planOf } from './plan.js';
import { type Batch, Rollback } from './rollback.js';
import type { Saga, StepOptions } from './saga.js';
import { type SagaReport, withReport } from './saga-report.js';
import type { SagaRunOptions } from './saga-run.options.js';
import type { SagaScope, StepLog } from './saga-scope.js';
import { SagaSection } from './saga-section.js';
import type { StepUnit, Unit } from './saga-unit.js';
import type { AnyStep, Step, StepRun } from './step.types.js';

type GivenStep = AnyStep & StepOptions;

type CauseKind = NonNullable<SagaReport['cause']>['kind'];

/** The engine of one saga: takes its steps, and undoes them when its block fails for good. */
export class SagaRun implements Saga {
  private readonly units: Unit<SagaRun>[] = [];
  /** What its block starts. */
  private readonly section: SagaSection;
  private isOver = false;
  private readonly depth: number;
  /** It is done, or undone. */
  private hasSettled = false;

  constructor(
    private readonly scope: SagaScope,
    /** Put before the names of its steps: nothing, or `nested/`. */
    private readonly prefix: string,
    private readonly options: Pick<SagaRunOptions, 'strategy' | 'retry'>,
    parent?: SagaRun,
  ) {
    this.depth = parent ? parent.depth + 1 : 0;
    this.section = parent ? new SagaSection(scope.raw) : scope.section;
    this.section.saga = this;
  }

  get report(): SagaReport {
    return this.scope.report;
  }

  /** Its name, for messages, while it has not ended. */
  get openName(): string | undefined {
    return this.isOver ? undefined : this.prefix.slice(0, -1);
  }

  /** Runs the outermost saga. */
  async run<T>(block: (saga: Saga) => PromiseLike<T>): Promise<T> {
    const { scope } = this;
    const { interruption, raw } = scope;
    const { deadline } = scope.options;
    const leave = interruption?.enter();
    const unwatch =
      deadline === undefined
        ? undefined
        : interruption?.watchDeadline(raw.sleep(toMillis(deadline), `deadline of ${scope.name}`), this.section);
    noteOpen(attemptOf(scope.ctx), `the saga "${scope.name}"`, () => this.hasSettled);
    scope.publish('saga-started', () => ({}));
    scope.save();
    try {
      const value = await this.attempt(block);
      scope.complete();
      return value;
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      scope.fail(error);
      throw withReport(error, scope.report);
    } finally {
      this.hasSettled = true;
      unwatch?.();
      leave?.();
      scope.unshield?.();
    }
  }

  step<R>(name: string, step: Step<R> & StepOptions): Promise<R> {
    return this.take(name, step) as Promise<R>;
  }

  async parallel<T extends Readonly<Record<string, unknown>>>(steps: {
    readonly [K in keyof T]: Step<T[K]> & StepOptions;
  }): Promise<T> {
    const entries = Object.entries<GivenStep>(steps);
    this.scope.checkCount(entries.length);
    const units = entries.map(([name, step]) => this.register(name, step, 'waiting'));
    this.units.push({ kind: 'group', units });
    const branches = entries.map(([name, step], index) => [name, () => this.start(() => units[index]!, step)] as const);
    return (await parallel(this.scope.ctx, Object.fromEntries(branches))) as T;
  }

  pivot<R>(name: string, step: Step<R> & StepOptions): Promise<R> {
    return this.take(name, step, { pivot: true }, () => this.scope.passPivot()) as Promise<R>;
  }

  async nested<T>(
    name: string,
    block: (saga: Saga) => PromiseLike<T>,
    options: Pick<SagaRunOptions, 'strategy' | 'retry'> = {},
  ): Promise<T> {
    checkName('saga', name);
    this.refuseWhenOver('nested saga', this.prefix + name);
    checkRunOptions(options);
    const retry = { ...this.options.retry, ...options.retry };
    const merged = { ...this.options, ...options, retry };
    const saga = new SagaRun(this.scope, `${this.prefix}${name}/`, merged, this);
    this.units.push({ kind: 'nested', saga });
    return saga.attempt(block);
  }

  private async attempt<T>(block: (saga: Saga) => PromiseLike<T>): Promise<T> {
    try {
      this.section.takesFailures = true;
      const value = await this.section.begin(() => block(this));
      this.end();
      this.refuseWhenInterrupted();
      const begun = begunRollback(this.scope, this.depth);
      if (begun) throw begun;
      refuseUnawaitedOf(this.scope, this.section, this.units);
      return value;
    } catch (error) {
      this.end();
      const { scope, depth } = this;
      const own = scope.terminal(error);
      const terminal = begunRollback(scope, depth) ?? own ?? this.cancelled();
      if (!terminal) throw error;
      scope.attribute(terminal, scope.stepOf(error as object));
      if (scope.isPastPivot || isOfOuterSaga(scope, depth, terminal)) throw terminal;
      throw await this.rollBack(terminal, own ? CANCEL_SIGNAL : rollbackEntry(scope.entries.length, depth));
    }
  }

  private end(): void {
    this.isOver = true;
    this.section.takesFailures = false;
  }

  /** Code that throws before its next wait would never learn that it was cancelled. Past the pivot it goes on. */
  private cancelled(): CancelledError | undefined {
    const { interruption, isPastPivot, raw } = this.scope;
    if (isPastPivot) outlastsCancel(raw);
    return interruption?.received(this.section) ? new CancelledError() : undefined;
  }

  /** @param entry name of the journal entry with which it begins, unless it was begun before */
  private async rollBack(error: TerminalError, entry: string): Promise<TerminalError> {
    const { scope } = this;
    const { interruption } = scope;
    const kind: CauseKind =
      interruption?.causeFor(this.section) ?? (error instanceof CancelledError ? 'cancelled' : 'error');
    const thrown = leavingSaga(error, kind, scope);
    scope.attribute(thrown, scope.stepOf(error));
    const undo = async () => {
      if (interruption && kind === 'cancelled') {
        scope.note ??= await readCancelNote(scope.raw, nextRollback(scope.raw)?.name ?? entry);
      }
      scope.startRollback(kind, thrown);
      const batches = this.takeBatches();
      await new Rollback(scope).run(batches);
      scope.endRollback();
    };
    if (!interruption) {
      await undo();
      return thrown;
    }
    await closeSection(scope, this.section, interruption);
    await interruption.settle(this.section);
    // Whoever was to be told of the interruption has ended.
    if (kind !== 'error') interruption.acknowledge();
    await interruption.shielded(undo);
    // Cancelled again meanwhile: that is what it is.
    if (kind === 'cancelled') interruption.acknowledge();
    return thrown;
  }

  /** What is to undo, latest first. */
  private batches(): Batch[] {
    const { options } = this;
    return this.units.toReversed().flatMap((unit) => {
      if (unit.kind === 'nested') return unit.saga.batches();
      return [{ options, units: unit.kind === 'group' ? unit.units : [unit] }];
    });
  }

  /** As {@link batches}; afterwards this saga has nothing more to undo. */
  private takeBatches(): Batch[] {
    const batches = this.batches();
    this.units.length = 0;
    return batches;
  }

  private take(name: string, step: GivenStep, log?: StepLog, onDone?: () => void): Promise<unknown> {
    const admit = () => {
      this.scope.checkCount(1);
      const unit = this.register(name, step, 'running', log);
      this.units.push(unit);
      return unit;
    };
    return this.start(admit, step, onDone);
  }

  private register(name: string, step: GivenStep, state: StepUnit['state'], log?: StepLog): StepUnit {
    const { scope } = this;
    checkName('step', name, scope.name);
    const full = this.prefix + name;
    this.refuseWhenOver('step', full);
    this.refuseWhenInterrupted();
    refuseStepOfRollback(scope);
    checkStep(full, step);
    if (step.retry) checkRunOptions({ retry: step.retry });
    const plan = step.compensate && planOf(full, step.compensate, { known: false });
    if (plan?.named) checkCompensation(scope, full, plan.named, plan.given);
    const entry = scope.admit(full, () => ({ ...log, ...(step.compensate ? this.undoing(plan?.named) : {}) }));
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

  private undoing(named: NamedCompensation | undefined): StepLog {
    const { strategy = 'all' } = this.options;
    return { compensation: named?.compensation ?? null, payload: named?.payload, strategy };
  }

  /**
   * @param admit gives the step that was registered
   * @param onDone called as soon as the action is known to be done, before an interruption has its say
   */
  private async start(admit: () => StepUnit, step: GivenStep, onDone?: () => void): Promise<unknown> {
    const { scope } = this;
    const unit = admit();
    const { entry } = unit;
    unit.state = 'running';
    scope.publish('saga-step-started', () => ({ step: entry.name }));
    const stretch = scope.begin(`step ${entry.name}`);
    let value: unknown;
    try {
      value = await stretch.run(() =>
        scope.isPastPivot
          ? forward(scope, entry, step, () => backoffOf('all', unit.retry, this.options.retry))
          : this.act(entry.name, step, new ActionRun(scope, entry.name, 1)),
      );
      stretch.end();
      // A pivot that was passed is not rolled back.
      if (onDone) refuseStepOfRollback(scope);
      unit.outcome = { known: true, value: value as never };
      unit.state = entry.state = 'done';
      onDone?.();
      if (scope.options.journal) this.note(unit);
      scope.save();
      scope.publish('saga-step-ended', () => ({ step: entry.name, outcome: 'done' as const }));
    } catch (error) {
      stretch.end(error);
      if (scope.terminal(error) || scope.interruption?.received(this.section)) {
        unit.state = entry.state = entry.state === 'dead-lettered' ? 'dead-lettered' : 'failed';
        scope.attribute(error, entry.name);
        scope.publish('saga-step-ended', () => ({ step: entry.name, outcome: 'failed' as const }));
      }
      throw error;
    }
    this.refuseWhenInterrupted();
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
    const named = compensate && planOf(entry.name, compensate, outcome).named;
    if (named) entry.payload = named.payload;
  }

  /** A cancelled saga ends, also when its block has swallowed the error; likewise one whose unawaited code has failed. */
  private refuseWhenInterrupted(): void {
    if (this.section.failure) throw this.section.failure;
    // With a note, a saga within this one was rolled back as cancelled.
    if (this.scope.note || this.scope.interruption?.causeFor(this.section)) throw new CancelledError();
  }

  /** What a block starts and does not await could no longer be undone. */
  private refuseWhenOver(what: string, name: string): void {
    if (!this.isOver) return;
    throw new TerminalError(
      `REA8007: The ${what} "${name}" was started after its saga "${this.scope.name}" had ended. Await everything that the block starts; steps that go on at once belong in saga.parallel().`,
      { errorCode: 500 },
    );
  }
}
