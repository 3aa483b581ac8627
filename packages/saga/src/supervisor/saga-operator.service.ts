import { Logger } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { BuiltIn, CancelWithoutEffectError } from '@rea/core/internal';
import { type Context, RestatePromise, TerminalError } from '@restatedev/restate-sdk';
import { ComponentCalls } from '../dead-letters/component-calls.js';
import { JSON_FORMAT } from '../dead-letters/json-format.js';
import { OperatorAdmission } from '../operators/operator-admission.service.js';
import { errorOf, type InvocationRow, InvocationTable } from './invocation-table.js';
import type { RollbackOrder } from './saga-case.object.js';
import { SagaHandlerCatalog } from './saga-handler-catalog.service.js';
import type { KilledRollback, KilledSaga, PausedSaga } from './saga-invocation.js';
import {
  checkList,
  checkVerb,
  type FoundRequest,
  type ListRequest,
  type SagaVerbRequest,
} from './saga-operator-requests.js';
import { sendCancel } from './send-cancel.js';
import { adminFailed, ended, notPaused, unknownSaga, withoutEffect } from './supervisor-failures.js';
import { SAGA_CASE, SAGA_OPERATOR } from './supervisor-names.js';

/** Failed invocations that a list looks through at once. */
const PAGE = 1_000;

/**
 * The one way from outside to the supervision of sagas: reachable through the ingress, it does nothing without the
 * operators' secret. Journals of its handlers are not retained, since they hold the request's headers.
 */
@BuiltIn()
@Service({
  name: SAGA_OPERATOR,
  journalRetention: 0,
  serde: JSON_FORMAT,
  description:
    'Killed and paused sagas for operators. Every request needs the secret; use the SagaOperations injectable.',
})
export class SagaOperator {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly admission: OperatorAdmission,
    private readonly calls: ComponentCalls,
    private readonly table: InvocationTable,
    private readonly catalog: SagaHandlerCatalog,
  ) {}

  /** Hands what a supervisor has found to the cases. */
  @Handler()
  async found(ctx: Context, { killed, paused, onKilled }: FoundRequest): Promise<void> {
    await this.admission.admit(ctx);
    const told = [
      ...killed.map((id) => this.calls.call<void>(ctx, SAGA_CASE, 'foundKilled', id, onKilled)),
      ...paused.map((id) => this.calls.call<void>(ctx, SAGA_CASE, 'foundPaused', id, undefined)),
    ];
    if (told.length > 0) await RestatePromise.all(told);
  }

  @Handler()
  async killed(ctx: Context, request: ListRequest): Promise<KilledSaga[]> {
    await this.admission.admit(ctx);
    const { limit, since } = checkList(request);
    return this.ask(ctx, 'list', () => this.listKilled(since, limit));
  }

  @Handler()
  async paused(ctx: Context, request: ListRequest): Promise<PausedSaga[]> {
    await this.admission.admit(ctx);
    const { limit } = checkList(request);
    return this.ask(ctx, 'list', () => this.listPaused(limit));
  }

  @Handler()
  async rollBack(ctx: Context, request: SagaVerbRequest): Promise<KilledRollback> {
    await this.admission.admit(ctx);
    const { invocationId, ...order } = checkVerb(request);
    await this.statusOf(ctx, invocationId);
    return this.calls.call<KilledRollback>(ctx, SAGA_CASE, 'rollBack', invocationId, order satisfies RollbackOrder);
  }

  @Handler()
  async cancel(ctx: Context, request: SagaVerbRequest): Promise<void> {
    await this.admission.admit(ctx);
    const { invocationId, by, reason } = checkVerb(request);
    const status = await this.statusOf(ctx, invocationId);
    if (status === 'completed') throw ended(invocationId);
    sendCancel(ctx, invocationId, reason === undefined ? {} : { reason });
    await this.log(ctx, `${JSON.stringify(by)} cancelled the saga ${invocationId}, which was ${status}.`);
    await this.ask(ctx, 'effect', () => this.untilCancelTakesEffect(invocationId, status));
  }

  @Handler()
  async resume(ctx: Context, request: SagaVerbRequest): Promise<void> {
    await this.admission.admit(ctx);
    const { invocationId, by } = checkVerb(request);
    const status = await this.statusOf(ctx, invocationId);
    if (status !== 'paused') throw notPaused(invocationId, status);
    await this.ask(ctx, 'resume', () => this.table.resume(invocationId));
    await this.log(ctx, `${JSON.stringify(by)} resumed the saga ${invocationId}.`);
  }

  /** @throws TerminalError (504, `REA8060`) */
  private async untilCancelTakesEffect(id: string, status: string): Promise<void> {
    try {
      await this.table.untilCancelTakesEffect(id, status);
    } catch (error) {
      throw error instanceof CancelWithoutEffectError ? withoutEffect(error) : error;
    }
  }

  /** @throws TerminalError (404, `REA8043`) */
  private async statusOf(ctx: Context, id: string): Promise<string> {
    const status = await this.ask(ctx, 'look', async () => {
      const row = await this.table.invocation(id);
      return row && (await this.catalog.sagaOf(row)) ? row.status : null;
    });
    if (status === null) throw unknownSaga(id);
    return status;
  }

  private async listKilled(since: string, limit: number): Promise<KilledSaga[]> {
    const found: InvocationRow[] = [];
    const services = await this.catalog.services();
    if (services.length === 0) return [];
    for (let from = since; ;) {
      const page = await this.table.suspects(services, from, PAGE);
      const failed = page.filter(({ status }) => status === 'completed');
      const known = new Set(found.map(({ id }) => id));
      found.push(...(await this.table.died(failed.filter(({ id }) => !known.has(id)))));
      const last = failed.at(-1)?.completed_at;
      if (page.length < PAGE || last === undefined || last === from) break;
      from = last;
    }
    const sagas = await Promise.all(found.map(async (row) => ({ row, saga: await this.catalog.sagaOf(row) })));
    const newest = sagas
      .filter(({ saga }) => saga !== undefined)
      .toReversed()
      .slice(0, limit);
    const cases = await this.table.cases(newest.map(({ row }) => row.id));
    return newest.map(({ row, saga }) => ({
      ...saga!,
      killedAt: row.completed_at ?? row.modified_at,
      error: errorOf(row),
      rollback: cases.get(row.id)?.rollback ?? null,
    }));
  }

  private async listPaused(limit: number): Promise<PausedSaga[]> {
    const services = await this.catalog.services();
    if (services.length === 0) return [];
    const rows = await this.table.paused(services, limit);
    const pauses = await this.table.pauses(rows.map(({ id }) => id));
    const listed: PausedSaga[] = [];
    for (const row of rows) {
      const saga = await this.catalog.sagaOf(row);
      const { at = row.modified_at, error = { message: '', code: 500 } } = pauses.get(row.id) ?? {};
      if (saga) listed.push({ ...saga, pausedAt: at, error });
    }
    return listed;
  }

  /** Asks the admin API; an operator is told when it does not answer, rather than kept waiting. */
  private ask<T>(ctx: Context, name: string, question: () => Promise<T>): Promise<T> {
    const asked = async (): Promise<T> => {
      try {
        return await question();
      } catch (error) {
        throw error instanceof Error && !(error instanceof TerminalError) ? adminFailed(error) : error;
      }
    };
    return run(ctx, name, asked) as Promise<T>;
  }

  private async log(ctx: Context, message: string): Promise<void> {
    await run(ctx, 'log', () => this.logger.log(message));
  }
}
