import { Inject, Logger } from '@nestjs/common';
import {
  AdminRequestError,
  Handler,
  ReaEvents,
  REA_OPTIONS,
  type ReaModuleOptions,
  run,
  VirtualObject,
} from '@rea/core';
import { attemptOf, BuiltIn, qualify, toMillis } from '@rea/core/internal';
import { type ObjectContext, TerminalError } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from '../dead-letters/json-format.js';
import { SAGA_OPTIONS, type SagaModuleOptions } from '../saga.options.js';
import { errorOf, type InvocationRow, InvocationTable } from './invocation-table.js';
import type { LogRollbackOrder } from './log-rollback.service.js';
import { planRestart } from './restart-plan.js';
import { RestartedCopies } from './restarted-copies.js';
import type { SagaCase } from './saga-case.js';
import { SagaHandlerCatalog } from './saga-handler-catalog.service.js';
import type { InvocationError, KilledRollback, LogRollbackResult, SagaInvocation } from './saga-invocation.js';
import { sendCancel } from './send-cancel.js';
import { type LoggedSaga, planFromLog } from './state-log.js';
import {
  adminFailed,
  notKilled,
  notRestorable,
  restartedByHand,
  rolledBackAlready,
  unknownSaga,
} from './supervisor-failures.js';
import { CASE_STATE, LOG_ROLLBACK, SAGA_CASE } from './supervisor-names.js';
import { type OnKilled, SUPERVISOR_DEFAULTS } from './supervisor.options.js';

/** Who rolls a killed saga back, and why. */
export interface RollbackOrder {
  readonly by: string;
  readonly reason?: string;
}

/** What the server knows of a dead saga. Journaled, so it is plain JSON. */
interface Death {
  readonly invocation: SagaInvocation;
  readonly at: string;
  readonly error: InvocationError;
  readonly origin: string;
  readonly generation: number;
}

/** What can be done about it. */
type Plan =
  | { readonly kind: 'restart'; readonly from: number; readonly otherCopies: readonly string[] }
  | { readonly kind: 'log'; readonly sagas: readonly LoggedSaga[] }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'copies'; readonly copies: readonly string[] }
  | { readonly kind: 'impossible'; readonly why: string };

/** The admin API is asked this often; then whoever asked is told, and may ask again. */
const FEW_TRIES = { retry: { maxAttempts: 3 } };

/** How often a rollback that is itself killed is begun anew by policy. */
const MOST_GENERATIONS = 5;

/** How long a case is remembered: longer than anything could find its invocation again. In milliseconds. */
const SHORTEST_MEMORY = 30 * 86_400_000;

/**
 * One invocation that the supervisor has found: an object of its own, so that however many replicas find it, it is told
 * once and rolled back once, and a process that dies in the middle of it is taken over from.
 *
 * Reached through the guarded `rea.SagaOperator` only.
 */
@BuiltIn()
@VirtualObject({
  name: SAGA_CASE,
  ingressPrivate: true,
  serde: JSON_FORMAT,
  description: 'Sagas that were killed or paused, one each.',
})
export class SagaCaseObject {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly table: InvocationTable,
    private readonly catalog: SagaHandlerCatalog,
    private readonly events: ReaEvents,
    private readonly copies: RestartedCopies,
    @Inject(SAGA_OPTIONS) private readonly options: SagaModuleOptions,
    @Inject(REA_OPTIONS) private readonly rea: ReaModuleOptions,
  ) {}

  /** Tells a death, once, and by policy rolls back. Does nothing when the saga has not died. */
  @Handler()
  async foundKilled(ctx: ObjectContext, onKilled: OnKilled): Promise<void> {
    const known = await ctx.get<SagaCase>(CASE_STATE);
    if (known?.killed) return;
    const death = await this.look(ctx);
    if ('problem' in death) return;
    const isDue = onKilled === 'roll-back' && !known?.rollback && death.generation <= MOST_GENERATIONS;
    const plan = isDue ? await this.plan(ctx, death) : undefined;
    const starts = plan !== undefined && plan.kind !== 'impossible' && plan.kind !== 'copies';
    await run(ctx, 'tell', () => this.tellKilled(death, plan));
    const { at, error } = death;
    const told = { ...known, ...caseOf(death), killed: { at, error } };
    await this.remember(ctx, told);
    if (!starts) return;
    try {
      await this.execute(ctx, told, error, plan, { by: 'supervisor' });
    } catch (failure) {
      if (!(failure instanceof TerminalError)) throw failure;
      await run(ctx, 'tell failure', () => this.logger.error(failure.message));
    }
  }

  /** Tells a pause, once. Does nothing when the saga is paused no longer. */
  @Handler()
  async foundPaused(ctx: ObjectContext): Promise<void> {
    const known = await ctx.get<SagaCase>(CASE_STATE);
    const id = ctx.key;
    const found = await run(ctx, 'look', async () => {
      const row = await this.table.invocation(id);
      const invocation = row && (await this.catalog.sagaOf(row));
      const pause = (await this.table.pauses([id])).get(id);
      return invocation && pause && row.status === 'paused' ? { invocation, pause } : null;
    });
    if (!found || known?.pausedAt === found.pause.at) return;
    const { invocation, pause } = found;
    await run(ctx, 'tell', () => {
      this.logger.error(
        `REA8041: The saga ${describe(invocation)} is paused, since its retries are used up: ${pause.error.message} (${pause.error.code}). What it has done so far stands. Mend the cause, then let it go on with SagaOperations.resume('${id}', { by }); or roll it back with SagaOperations.cancel('${id}', { by }).`,
      );
      this.events.publish('saga-paused', () => ({ ...infoOf(invocation), error: pause.error }));
    });
    await this.remember(ctx, { origin: id, generation: 1, ...known, invocation, pausedAt: pause.at });
  }

  /** Rolls a killed saga back, once. @throws TerminalError 404, 409, 422 (`REA8042` to `REA8046`) when it cannot be */
  @Handler()
  async rollBack(ctx: ObjectContext, order: RollbackOrder): Promise<KilledRollback> {
    const known = await ctx.get<SagaCase>(CASE_STATE);
    if (known?.rollback) throw rolledBackAlready(ctx.key, known.rollback);
    const death = await this.look(ctx);
    if ('problem' in death) {
      throw death.problem === 'unknown' ? unknownSaga(ctx.key) : notKilled(ctx.key, death.problem);
    }
    const plan = await this.plan(ctx, death);
    if (plan.kind === 'impossible') throw notRestorable(ctx.key, plan.why);
    if (plan.kind === 'copies') throw restartedByHand(ctx.key, plan.copies);
    return this.execute(ctx, { ...known, ...caseOf(death) }, death.error, plan, order);
  }

  /** Told by the rollback from a log, when it has ended. */
  @Handler()
  async rolledBack(ctx: ObjectContext, result: LogRollbackResult): Promise<void> {
    const known = await ctx.get<SagaCase>(CASE_STATE);
    if (!known?.rollback) return;
    ctx.set(CASE_STATE, { ...known, rollback: { ...known.rollback, result } } satisfies SagaCase);
    await run(ctx, 'tell', () => {
      const { compensated, deadLettered } = result;
      const undone = `The killed saga ${describe(known.invocation)} was rolled back from its log: ${compensated.length} steps undone`;
      if (deadLettered.length === 0) this.logger.log(`${undone}.`);
      else this.logger.error(`${undone}, ${deadLettered.length} dead letters: ${names(deadLettered)}.`);
    });
  }

  /** The invocation can be found no longer, so nothing has to be remembered. */
  @Handler()
  async forget(ctx: ObjectContext): Promise<void> {
    ctx.clearAll();
  }

  /** What the server knows of the invocation, if it has died. */
  private look(ctx: ObjectContext): Promise<Death | { readonly problem: string }> {
    const id = ctx.key;
    return run(
      ctx,
      'look',
      async (): Promise<Death | { readonly problem: string }> => {
        const row = await this.table.invocation(id);
        const invocation = row && (await this.catalog.sagaOf(row));
        if (!row || !invocation) return { problem: 'unknown' };
        if ((await this.table.died([row])).length === 0) return { problem: row.status };
        return {
          invocation,
          at: row.completed_at ?? row.modified_at,
          error: errorOf(row),
          ...(await this.ancestry(row)),
        };
      },
      FEW_TRIES,
    );
  }

  /** What the keys of its compensations are made of: of a copy that rolled back, those of what it is a copy of. */
  private async ancestry({ id, restarted_from: parent }: InvocationRow): Promise<Pick<Death, 'origin' | 'generation'>> {
    const known = parent === undefined ? undefined : (await this.table.cases([parent])).get(parent);
    if (!known?.rollback || known.otherCopies?.includes(id)) {
      return { origin: await this.table.identityOf(id), generation: 1 };
    }
    return { origin: known.origin, generation: known.generation + 1 };
  }

  private plan(ctx: ObjectContext, { invocation }: Death): Promise<Plan> {
    const id = ctx.key;
    const find = async (): Promise<Plan> => {
      if (invocation.kind === 'workflow') return this.planLog(invocation);
      const restart = planRestart(await this.table.journal(id));
      if (restart.kind === 'nothing') return restart;
      if (restart.kind === 'gone') {
        return { kind: 'impossible', why: 'Its journal is no longer retained. Undo what it has done by hand.' };
      }
      if (restart.kind === 'unsafe') {
        return {
          kind: 'impossible',
          why: `Restate can restart it only from before the ${restart.after}, which had not ended; the ${restart.what} after it was done, and would be done again. Undo what it has done by hand.`,
        };
      }
      const copies = await this.table.copiesOf(id);
      if (copies.length > 0) return { kind: 'copies', copies };
      return { kind: 'restart', from: restart.index, otherCopies: copies };
    };
    return run(ctx, 'plan', find, FEW_TRIES);
  }

  private async planLog({ service, key }: SagaInvocation): Promise<Plan> {
    const log = planFromLog(await this.table.reports(qualify(this.rea, service), key ?? ''));
    if (log.kind === 'undo')
      return log.sagas.some(({ steps }) => steps.length > 0) ? { ...log, kind: 'log' } : { kind: 'nothing' };
    if (log.kind === 'missing') {
      return {
        kind: 'impossible',
        why: 'Workflows cannot be restarted, and its sagas keep no log to go by. Undo what it has done by hand; give its sagas the option journal: true, and the next can be rolled back.',
      };
    }
    return {
      kind: 'impossible',
      why: `Its saga "${log.saga}" is past its pivot, so nothing of it may be undone. Do what is left to do by hand.`,
    };
  }

  private async execute(
    ctx: ObjectContext,
    known: SagaCase,
    cause: InvocationError,
    plan: Exclude<Plan, { readonly kind: 'impossible' | 'copies' }>,
    { by, reason }: RollbackOrder,
  ): Promise<KilledRollback> {
    const at = new Date(await ctx.date.now()).toISOString();
    const base = { by, at, ...(reason === undefined ? {} : { reason }) };
    if (plan.kind === 'nothing') return this.note(ctx, known, { ...base, how: 'nothing-to-undo' });
    if (plan.kind === 'log') {
      const { invocation, origin } = known;
      this.send(ctx, LOG_ROLLBACK, 'run', { invocation, origin, cause, sagas: plan.sagas } satisfies LogRollbackOrder);
      return this.note(ctx, known, { ...base, how: 'from-log' });
    }
    return this.restart(ctx, known, plan, { ...base, how: 'restarted' });
  }

  private async restart(
    ctx: ObjectContext,
    known: SagaCase,
    { from, otherCopies }: Extract<Plan, { readonly kind: 'restart' }>,
    rollback: KilledRollback,
  ): Promise<KilledRollback> {
    const id = ctx.key;
    // Stored before the copy starts, since that looks it up: the await in between sees to the order.
    const begun = { ...known, rollback, otherCopies };
    ctx.set(CASE_STATE, begun);
    await run(ctx, 'begin', () => {});
    this.copies.expect(known.invocation);
    let copy: string;
    try {
      copy = await run(ctx, 'restart', () => this.restartOnce(id, from, otherCopies));
    } catch (error) {
      if (error instanceof TerminalError) ctx.set(CASE_STATE, known);
      throw error;
    }
    sendCancel(ctx, copy, { origin: known.origin, reason: rollback.reason ?? `The saga ${id} was killed.` });
    return this.note(ctx, begun, { ...rollback, restartedAs: copy });
  }

  /** A try that has died may have started the copy already: then it is that one. */
  private async restartOnce(id: string, from: number, otherCopies: readonly string[]): Promise<string> {
    const started = (await this.table.copiesOf(id)).find((copy) => !otherCopies.includes(copy));
    if (started !== undefined) return started;
    try {
      return await this.table.restart(id, from);
    } catch (error) {
      if (error instanceof AdminRequestError && error.status < 500) throw adminFailed(error);
      throw error;
    }
  }

  private async note(ctx: ObjectContext, known: SagaCase, rollback: KilledRollback): Promise<KilledRollback> {
    await this.remember(ctx, { ...known, rollback });
    const { how, by, restartedAs } = rollback;
    await run(ctx, 'note', () => {
      const copy = restartedAs === undefined ? '' : ` It goes on as ${restartedAs}.`;
      this.logger.log(`${JSON.stringify(by)} rolls back the killed saga ${describe(known.invocation)}: ${how}.${copy}`);
    });
    return rollback;
  }

  /** Stores the case; the first time, also when it is forgotten. */
  private async remember(ctx: ObjectContext, known: SagaCase): Promise<void> {
    const isNew = (await ctx.get<boolean>('timed')) === null;
    ctx.set(CASE_STATE, known);
    if (!isNew) return;
    ctx.set('timed', true);
    const { window = SUPERVISOR_DEFAULTS.window } = this.options.supervisor || {};
    const delay = await run(ctx, 'memory', () => Math.max(SHORTEST_MEMORY, 2 * toMillis(window)));
    this.send(ctx, SAGA_CASE, 'forget', undefined, { key: ctx.key, delay });
  }

  private send(
    ctx: ObjectContext,
    service: string,
    method: string,
    parameter: unknown,
    options: { readonly key?: string; readonly delay?: number } = {},
  ): void {
    const raw = attemptOf(ctx)?.ctx ?? ctx;
    raw.genericSend<unknown>({
      service: qualify(this.rea, service),
      method,
      parameter,
      inputSerde: JSON_FORMAT,
      ...options,
    });
  }

  private tellKilled({ invocation, at, error }: Death, plan: Plan | undefined): void {
    const id = invocation.invocationId;
    this.logger.error(
      `REA8040: The saga ${describe(invocation)} was killed at ${at} (its caller was told: ${error.code} ${error.message}). A killed handler runs nothing, so what it has done is not undone. ${cureOf(id, plan)}`,
    );
    const isRolledBack = plan !== undefined && plan.kind !== 'impossible' && plan.kind !== 'copies';
    const rollback = isRolledBack ? ('started' as const) : ('none' as const);
    this.events.publish('saga-killed', () => ({ ...infoOf(invocation), error, rollback }));
  }
}

function cureOf(id: string, plan: Plan | undefined): string {
  if (!plan) {
    return `Roll it back with SagaOperations.rollBack('${id}', { by }); SagaModule.forRoot({ supervisor: { onKilled: 'roll-back' } }) does so by itself.`;
  }
  if (plan.kind === 'impossible') return `It cannot be rolled back. ${plan.why}`;
  if (plan.kind === 'copies') {
    return `It was restarted by hand as ${plan.copies.join(', ')}, so it is not rolled back; SagaOperations.cancel() that one to do so.`;
  }
  return 'It is rolled back now.';
}

function caseOf({ invocation, origin, generation }: Death): Pick<SagaCase, 'invocation' | 'origin' | 'generation'> {
  return { invocation, origin, generation };
}

function describe({ invocationId, service, handler, key }: SagaInvocation): string {
  return `${invocationId} of ${service}/${handler}${key === null ? '' : ` (${JSON.stringify(key)})`}`;
}

function infoOf({ invocationId, service, handler, key }: SagaInvocation) {
  return { invocationId, service, handler, key: key ?? undefined };
}

function names(deadLettered: LogRollbackResult['deadLettered']): string {
  return deadLettered.map(({ id }) => id).join(', ');
}
