import { Inject, Injectable } from '@nestjs/common';
import { AdminRequestError, REA_OPTIONS, type ReaModuleOptions, RestateConnection } from '@rea/core';
import { AdminClient, qualify, sqlList, sqlLiteral, untilCancelTakesEffect } from '@rea/core/internal';
import { REPORT_STATE } from '../saga/saga-scope.js';
import type { JournalEntry } from './restart-plan.js';
import type { SagaCase } from './saga-case.js';
import type { InvocationError } from './saga-invocation.js';
import { CASE_STATE, SAGA_CASE } from './supervisor-names.js';
import { noAdminApi } from './supervisor-failures.js';

/** A row of the server's table of invocations. Columns without a value are left out. */
export interface InvocationRow {
  readonly id: string;
  readonly target_service_name: string;
  readonly target_handler_name: string;
  readonly target_service_key?: string;
  readonly status: string;
  readonly completion_result?: 'success' | 'failure';
  readonly completion_failure?: string;
  readonly completed_at?: string;
  readonly modified_at: string;
  /** Left out: it never began. */
  readonly running_at?: string;
  readonly restarted_from?: string;
}

/** When an invocation was paused, and why. */
export interface Pause {
  readonly at: string;
  readonly error: InvocationError;
}

/** What a saga with the option `journal` has left in the state of its workflow. */
export interface StoredReport {
  readonly saga: string;
  readonly value: string;
}

const COLUMNS = `id, target_service_name, target_handler_name, target_service_key, status, completion_result,
  completion_failure, completed_at, modified_at, running_at, restarted_from`;

/** Journals that one query looks into: above, the server reads all of them. */
const JOURNALS_AT_ONCE = 200;

/** Reads what the server knows of invocations, and the two of its verbs that handlers do not have. */
@Injectable()
export class InvocationTable {
  private readonly admin: AdminClient | undefined;

  constructor(
    connection: RestateConnection,
    @Inject(REA_OPTIONS) private readonly names: ReaModuleOptions,
  ) {
    this.admin = AdminClient.of(connection);
  }

  /** Whether this process knows the admin API. Nothing else here works without it. */
  get available(): boolean {
    return this.admin !== undefined;
  }

  /**
   * Invocations that are paused, and failed ones in the order in which they ended, at most `limit` in all.
   *
   * @param services as the server names them
   * @param since of failed ones, ISO 8601
   */
  suspects(services: readonly string[], since: string, limit: number): Promise<InvocationRow[]> {
    return this.query<InvocationRow>(
      `select ${COLUMNS} from sys_invocation where target_service_name in (${sqlList(services)})
       and (status = 'paused' or (status = 'completed' and completion_result = 'failure' and completed_at >= ${sqlLiteral(since)}))
       order by completed_at asc nulls last, id limit ${limit}`,
    );
  }

  /** Paused ones, the latest first. */
  paused(services: readonly string[], limit: number): Promise<InvocationRow[]> {
    return this.query<InvocationRow>(
      `select ${COLUMNS} from sys_invocation where target_service_name in (${sqlList(services)}) and status = 'paused'
       order by modified_at desc limit ${limit}`,
    );
  }

  /** Which of some failed invocations have died: they have begun, and their journals hold no answer. */
  async died(rows: readonly InvocationRow[]): Promise<InvocationRow[]> {
    const begun = rows.filter((row) => row.running_at !== undefined && row.completion_result === 'failure');
    const seen = new Set<string>();
    for (let from = 0; from < begun.length; from += JOURNALS_AT_ONCE) {
      const ids = begun.slice(from, from + JOURNALS_AT_ONCE).map(({ id }) => id);
      const marks = await this.query<{ id: string; entry_type: string }>(
        `select id, entry_type from sys_journal where id in (${sqlList(ids)}) and entry_type in ('Command: Input', 'Command: Output')`,
      );
      // Without its input, the journal was not retained, and says nothing.
      for (const { id, entry_type: type } of marks) if (type === 'Command: Input') seen.add(id);
      for (const { id, entry_type: type } of marks) if (type === 'Command: Output') seen.delete(id);
    }
    return begun.filter(({ id }) => seen.has(id));
  }

  async invocation(id: string): Promise<InvocationRow | undefined> {
    try {
      const [row] = await this.query<InvocationRow>(
        `select ${COLUMNS} from sys_invocation where id = ${sqlLiteral(id)}`,
      );
      return row;
    } catch (error) {
      // Not every text is an id, and only the server knows which.
      if (error instanceof AdminRequestError && error.body.includes('non valid invocation id')) return undefined;
      throw error;
    }
  }

  /**
   * What the idempotency keys in an invocation's journal are made of. A copy that was restarted with a part of a journal,
   * by whomever, has that of the invocation that wrote it.
   */
  async identityOf(id: string): Promise<string> {
    const [row] = await this.query<{ restarted_from?: string; created_at: string }>(
      `select restarted_from, created_at from sys_invocation where id = ${sqlLiteral(id)}`,
    );
    if (row?.restarted_from === undefined) return id;
    const [first] = await this.query<{ appended_at: string }>(
      `select appended_at from sys_journal where id = ${sqlLiteral(id)} and index = 1`,
    );
    // Not compared as texts: the server leaves out the fraction of a whole second.
    const isCopied = first && Date.parse(first.appended_at) < Date.parse(row.created_at);
    return isCopied ? this.identityOf(row.restarted_from) : id;
  }

  /** Copies that were restarted from an invocation. */
  async copiesOf(id: string): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      `select id from sys_invocation where restarted_from = ${sqlLiteral(id)} order by created_at`,
    );
    return rows.map((row) => row.id);
  }

  journal(id: string): Promise<JournalEntry[]> {
    return this.query<JournalEntry>(
      `select index, entry_type, name, entry_lite_json from sys_journal where id = ${sqlLiteral(id)} order by index`,
    );
  }

  /** The latest pause of each invocation, by its id. */
  async pauses(ids: readonly string[]): Promise<Map<string, Pause>> {
    if (ids.length === 0) return new Map();
    const rows = await this.query<{ id: string; appended_at: string; event_json: string }>(
      `select id, appended_at, event_json from sys_journal_events
       where id in (${sqlList(ids)}) and event_type = 'Paused' order by appended_at`,
    );
    return new Map(rows.map(({ id, appended_at: at, event_json: json }) => [id, { at, error: pauseError(json) }]));
  }

  /** What is remembered of invocations, by their ids. */
  async cases(ids: readonly string[]): Promise<Map<string, SagaCase>> {
    if (ids.length === 0) return new Map();
    const rows = await this.query<{ service_key: string; value_utf8: string }>(
      `select service_key, value_utf8 from state where service_name = ${sqlLiteral(qualify(this.names, SAGA_CASE))}
       and service_key in (${sqlList(ids)}) and key = ${sqlLiteral(CASE_STATE)}`,
    );
    return new Map(rows.map(({ service_key: id, value_utf8: json }) => [id, JSON.parse(json) as SagaCase]));
  }

  /** Reports of sagas in the state of an object or workflow. @param service as the server names it */
  async reports(service: string, key: string): Promise<StoredReport[]> {
    const rows = await this.query<{ key: string; value_utf8: string }>(
      `select key, value_utf8 from state where service_name = ${sqlLiteral(service)} and service_key = ${sqlLiteral(key)}
       and key like '${REPORT_STATE.replaceAll('_', '\\_')}%'`,
    );
    return rows.map(({ key: name, value_utf8: value }) => ({ saga: name.slice(REPORT_STATE.length), value }));
  }

  /** @param status that it had before. @throws CancelWithoutEffectError */
  untilCancelTakesEffect(id: string, status: string): Promise<void> {
    return untilCancelTakesEffect(this.client, id, status === 'paused' || status === 'backing-off');
  }

  resume(id: string): Promise<void> {
    return this.client.resume(id);
  }

  /** Starts a copy with the journal up to an entry; gives its id. */
  restart(id: string, index: number): Promise<string> {
    return this.client.restartFrom(id, index);
  }

  private query<Row>(sql: string): Promise<Row[]> {
    return this.client.query<Row>(sql);
  }

  private get client(): AdminClient {
    if (!this.admin) throw noAdminApi();
    return this.admin;
  }
}

/** What the caller of a failed invocation was told: `[409] killed`. */
export function errorOf({ completion_failure: text = '' }: InvocationRow): InvocationError {
  const [, code, message] = /^\[(\d+)\]\s*([\s\S]*)$/.exec(text) ?? [];
  return { code: code === undefined ? 500 : Number(code), message: firstLine(message ?? text) };
}

function pauseError(json: string): InvocationError {
  const { last_failure: failure } = JSON.parse(json) as {
    readonly last_failure?: { readonly error_code?: number; readonly error_message?: string };
  };
  return { code: failure?.error_code ?? 500, message: firstLine(failure?.error_message ?? '') };
}

/** A policy kill answers with the stack trace of the last error. */
function firstLine(text: string): string {
  const [message = ''] = text.split(/\n\s+at /, 1);
  return message.slice(0, 2_000);
}
