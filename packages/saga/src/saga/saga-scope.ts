import type { Context, TerminalError } from '@restatedev/restate-sdk';
import { type ReaEventMap, type ReaEvents, type SagaEventType, type SagaInfo } from '@rea/core';
import {
  asTerminalError,
  attemptOf,
  type Interruption,
  oncePerInvocation,
  ownKey,
  type Stretch,
  UNWATCHED,
  type WorkPart,
} from '@rea/core/internal';
import type { CompensationRegistry } from '../compensations/compensation-registry.js';
import type { DeadLetterQueue } from '../dead-letters/dead-letter-queue.js';
import type { DeadLetterReport, NotUndoneStep } from '../dead-letters/dead-letter.types.js';
import type { CancelNote } from './cancel-note.js';
import type { CompensationStrategy, SagaRunOptions } from './saga-run.options.js';
import { type SagaReport, type SagaStatus, type StepState } from './saga-report.js';
import { SagaSection } from './saga-section.js';

/** Under this name and the saga's, its report is kept in state. */
export const REPORT_STATE = '_rea.saga.';

/** Steps of a saga, nested ones included, from which it is reported, and above which it is refused. */
const MANY_STEPS = 20;
const MOST_STEPS = 50;

/** What sagas need from the application. */
export interface SagaServices {
  readonly registry: CompensationRegistry;
  readonly queue: Pick<DeadLetterQueue, 'add' | 'extend'>;
  readonly events: ReaEvents;
}

/** What the option `journal` adds to a step: enough to undo it when the saga's code can no longer do that. */
export interface StepLog {
  /** Null: it was written inline. Undefined: there is nothing to undo. */
  readonly compensation?: string | null;
  payload?: unknown;
  readonly strategy?: CompensationStrategy;
  readonly pivot?: true;
}

/** A step as reports tell of it. */
export interface StepEntry extends StepLog {
  readonly name: string;
  state: StepState;
}

type Cause = NonNullable<SagaReport['cause']>;

/** What a saga and the sagas within it share, for the time of one attempt. */
export class SagaScope {
  readonly raw: Context;
  private readonly attempt: ReturnType<typeof attemptOf>;
  private readonly savesReport: boolean;
  readonly entries: StepEntry[] = [];
  readonly compensated: string[] = [];
  readonly deadLettered: { readonly step: string; readonly id: string }[] = [];
  private failures: Map<object, string> | undefined;
  private info: SagaInfo | undefined;
  /** There is no way back any more. */
  isPastPivot = false;
  /** Where the rollback has stopped: the dead letter, and those of the same group, which come before what follows. */
  halt: { readonly report: DeadLetterReport; readonly beside: string[] } | undefined;
  status: SagaStatus = 'running';
  cause: SagaReport['cause'];
  /** Undefined until a cancellation was dealt with. */
  note: CancelNote | undefined;
  /** What the outermost block starts. */
  readonly section: SagaSection;
  /** Set past the pivot: ends what keeps interruptions away. */
  unshield: (() => void) | undefined;

  constructor(
    /** The handler's context, which compensations are given. */
    readonly ctx: Context,
    readonly name: string,
    readonly options: SagaRunOptions,
    readonly services: SagaServices,
    readonly interruption: Interruption | undefined,
    /** From 1: how many sagas of this name the handler has started. */
    private readonly occurrence: number,
  ) {
    const attempt = attemptOf(ctx);
    this.attempt = attempt;
    this.raw = attempt?.ctx ?? ctx;
    this.section = new SagaSection(this.raw);
    const isWritable = attempt !== undefined && !attempt.handler.readOnly;
    this.savesReport = (options.report ?? true) && isWritable && this.raw.request().target.key !== undefined;
  }

  /** What ends the handler for good of what its code throws, and so rolls the saga back. */
  terminal(error: unknown): TerminalError | undefined {
    return (this.attempt?.handler.asTerminalError ?? asTerminalError)(error);
  }

  /** Before so many steps start together. @throws PolicyViolationError when they are too many */
  checkCount(added: number): void {
    const before = this.entries.length;
    const after = before + added;
    const more = (than: number) => `The saga "${this.name}" has more than ${than} steps`;
    if (after > MOST_STEPS) this.attempt?.report('saga-too-many-steps', more(MOST_STEPS));
    else if (before <= MANY_STEPS && after > MANY_STEPS) this.attempt?.report('saga-many-steps', more(MANY_STEPS));
  }

  /** Takes a step in. @throws PolicyViolationError for a name that is taken */
  admit(name: string, log: () => StepLog): StepEntry {
    this.forgetCaught();
    if (this.entries.some((entry) => entry.name === name)) {
      this.attempt?.report('saga-step-reused', `The step "${name}" of the saga "${this.name}" was started twice`);
    }
    const entry: StepEntry = this.options.journal ? { name, state: 'running', ...log() } : { name, state: 'running' };
    this.entries.push(entry);
    return entry;
  }

  /** A key for a step's effect: the same on every attempt, also after a killed saga was restarted under another id. */
  keyOf(step: string, what: 'action' | 'compensation'): string {
    return ownKey(...this.identity, step, what);
  }

  /** There is no way back from here; interruptions wait for the end of the outermost saga. */
  passPivot(): void {
    this.isPastPivot = true;
    this.unshield ??= this.interruption?.putOff(this.section);
  }

  /** The outermost block is done. */
  complete(): void {
    this.forgetCaught();
    this.status = this.deadLettered.length > 0 ? 'incomplete' : 'completed';
    this.save();
    const { status } = this;
    this.publish('saga-ended', () => ({ status }));
  }

  /** The outermost block has failed; what could be undone is. */
  fail(error: TerminalError): void {
    if (this.isPastPivot) {
      this.status = 'incomplete';
      this.cause ??= this.causeOf('error', error);
    }
    this.save();
    const status = this.status === 'incomplete' ? ('incomplete' as const) : ('rolled-back' as const);
    this.publish('saga-ended', () => ({ status }));
  }

  startRollback(kind: Cause['kind'], error: TerminalError): void {
    this.cause = this.causeOf(kind, error);
    this.status = 'rolling-back';
    this.save();
    this.publish('saga-rolling-back', () => ({ cause: kind }));
  }

  endRollback(): void {
    this.status = this.deadLettered.length > 0 ? 'incomplete' : 'rolled-back';
  }

  /** Remembers of which step an error is; the innermost one that says so is right. */
  attribute(error: unknown, step: string | undefined): void {
    if (step === undefined || typeof error !== 'object' || error === null || this.failures?.has(error)) return;
    (this.failures ??= new Map()).set(error, step);
  }

  /** The step that an error is of; undefined when it is of none. */
  stepOf(error: object): string | undefined {
    return this.failures?.get(error);
  }

  private describe(): SagaInfo {
    const { id: invocationId, target } = this.raw.request();
    const service = this.attempt?.handler.component ?? target.service;
    return { invocationId, service, handler: target.handler, key: target.key, saga: this.name };
  }

  private causeOf(kind: Cause['kind'], error: TerminalError): Cause {
    const step = this.stepOf(error);
    const reason = this.note?.reason;
    return {
      kind,
      message: error.message,
      code: error.code,
      ...(step === undefined ? {} : { step }),
      ...(reason === undefined ? {} : { reason }),
    };
  }

  /** The failure of a nested saga that was caught is not why this one ends. */
  private forgetCaught(): void {
    if (this.status === 'rolling-back' || this.isPastPivot) return;
    this.cause = undefined;
    this.status = 'running';
  }

  /** What keys and ids of this saga begin with. */
  private get identity(): [string, ...(string | number)[]] {
    return [this.origin, this.name, ...(this.occurrence === 1 ? [] : [this.occurrence])];
  }

  /** The id under which the saga was first invoked. */
  get origin(): string {
    return this.note?.origin ?? this.attempt?.identity ?? this.raw.request().id;
  }

  /** Hands what could not be done or undone to the dead-letter queue. */
  deadLetter(
    of: Pick<
      DeadLetterReport,
      'step' | 'kind' | 'compensation' | 'payload' | 'error' | 'attempts' | 'idempotencyKey' | 'notUndone'
    >,
  ): DeadLetterReport {
    const { id: invocationId, target } = this.raw.request();
    const id = ownKey(...this.identity, of.step);
    const { message = '', code = 500 } = this.cause ?? {};
    this.deadLettered.push({ step: of.step, id });
    const report: DeadLetterReport = {
      ...of,
      id,
      saga: this.name,
      invocationId,
      service: this.attempt?.handler.component ?? target.service,
      handler: target.handler,
      key: target.key ?? null,
      cause: { message, code },
    };
    this.services.queue.add(this.raw, report);
    return report;
  }

  /** A compensation is exhausted, and the strategy stops there. */
  haltAt(report: DeadLetterReport): void {
    if (this.halt) this.halt.beside.push(report.id);
    else this.halt = { report, beside: [] };
  }

  /** The dead letter at which the rollback has stopped keeps these steps too. */
  extendHalt(steps: readonly NotUndoneStep[]): void {
    if (!this.halt || steps.length === 0) return;
    const { report, beside } = this.halt;
    this.services.queue.extend(this.raw, { ...report, notUndone: steps }, beside);
  }

  get report(): SagaReport {
    const named = (...states: StepState[]) =>
      this.entries.filter(({ state }) => states.includes(state)).map(({ name }) => name);
    return {
      saga: this.name,
      status: this.status,
      steps: this.entries.map(({ ...entry }) => entry),
      done: named('done', 'skipped'),
      compensated: [...this.compensated],
      deadLettered: [...this.deadLettered],
      notUndone: named('not-undone'),
      ...(this.options.journal ? { journal: true as const } : {}),
      ...(this.cause ? { cause: this.cause } : {}),
    };
  }

  /** Keeps the report where status queries find it, if the handler has state that it may write. */
  save(): void {
    if (!this.savesReport) return;
    (this.raw as unknown as { set(name: string, value: unknown): void }).set(REPORT_STATE + this.name, this.report);
  }

  /** A part of the saga's work begins, for those who watch. @param name few different ones */
  begin(name: string, attributes?: WorkPart['attributes']): Stretch {
    const watcher = this.attempt?.handler.instrumentation;
    if (!watcher?.begin) return UNWATCHED;
    return watcher.begin(this.attempt!, { name, attributes: { 'rea.saga': this.name, ...attributes } });
  }

  /** Tells the events what happens, once: not on a replay, and not in an attempt that is done again. */
  publish<T extends SagaEventType>(type: T, details: () => Omit<ReaEventMap[T], keyof SagaInfo>): void {
    const { events } = this.services;
    if (!events.observes(type)) return;
    const payload = { ...(this.info ??= this.describe()), ...details() } as ReaEventMap[T];
    oncePerInvocation(() => events.publish(type, () => payload));
  }
}
