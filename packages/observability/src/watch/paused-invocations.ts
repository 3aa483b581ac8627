import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, ReaExplorer, type ReaEventMap, type ReaModuleOptions } from '@rea/core';
import { AdminClient, sqlList, unqualify } from '@rea/core/internal';

/** An invocation that waits for an operator, and since when, in milliseconds since 1970. */
export interface Pause {
  readonly at: number;
  readonly told: ReaEventMap['invocation-paused'];
}

/** How many invocations of a handler wait for an operator. */
export interface PausedCount {
  readonly service: string;
  readonly handler: string;
  readonly count: number;
}

interface Row {
  readonly id: string;
  readonly target_service_name: string;
  readonly target_handler_name: string;
  readonly target_service_key?: string;
  readonly modified_at: string;
}

/** Errors that one look asks for: above, the server reads through all of its events. */
const MOST_ERRORS = 200;

/** Longest message of an error, in characters. */
const LONGEST_MESSAGE = 2_000;

/**
 * Asks the server which invocations of this application's components are paused. What it answers is bounded, since an
 * incident may pause hundreds of thousands: counts by handler, and the newest pauses.
 */
@Injectable()
export class PausedInvocations {
  private services: Promise<string[]> | undefined;

  constructor(
    private readonly explorer: ReaExplorer,
    @Inject(REA_OPTIONS) private readonly rea: ReaModuleOptions,
  ) {}

  /** All of them, by handler. */
  async counts(admin: AdminClient): Promise<PausedCount[]> {
    const rows = await this.select<{ service: string; handler: string; count: number }>(
      admin,
      'target_service_name as service, target_handler_name as handler, count(*) as count',
      'group by target_service_name, target_handler_name',
    );
    return rows.map((row) => ({ ...row, service: unqualify(this.rea, row.service) }));
  }

  /** The newest of them, newest first, at most so many. */
  async newest(admin: AdminClient, limit: number): Promise<Pause[]> {
    const rows = await this.select<Row>(
      admin,
      'id, target_service_name, target_handler_name, target_service_key, modified_at',
      `order by modified_at desc limit ${limit}`,
    );
    const errors = await this.errors(admin, rows);
    return rows.map((row) => ({
      at: Date.parse(row.modified_at),
      told: {
        invocationId: row.id,
        service: unqualify(this.rea, row.target_service_name),
        handler: row.target_handler_name,
        key: row.target_service_key,
        error: errors.get(row.id) ?? { message: '', code: 500 },
      },
    }));
  }

  private async select<T>(admin: AdminClient, columns: string, rest: string): Promise<T[]> {
    const services = await (this.services ??= this.served());
    if (services.length === 0) return [];
    return admin.query<T>(
      `select ${columns} from sys_invocation
       where status = 'paused' and target_service_name in (${sqlList(services)}) ${rest}`,
    );
  }

  /** The errors of the latest, which the server keeps among its events. */
  private async errors(admin: AdminClient, rows: readonly Row[]): Promise<Map<string, Pause['told']['error']>> {
    if (rows.length === 0) return new Map();
    const latest = rows.slice(0, MOST_ERRORS);
    const events = await admin.query<{ id: string; event_json: string }>(
      `select id, event_json from sys_journal_events where event_type = 'Paused'
       and id in (${sqlList(latest.map(({ id }) => id))}) order by appended_at`,
    );
    return new Map(events.map(({ id, event_json: json }) => [id, errorIn(json)]));
  }

  /** The names of this application's components on the server. */
  private async served(): Promise<string[]> {
    const components = await this.explorer.components();
    return components.map(({ name }) => name);
  }
}

function errorIn(json: string): Pause['told']['error'] {
  const { last_failure: failure } = JSON.parse(json) as {
    readonly last_failure?: { readonly error_code?: number; readonly error_message?: string };
  };
  const [message = ''] = (failure?.error_message ?? '').split(/\n\s+at /, 1);
  return { message: message.slice(0, LONGEST_MESSAGE), code: failure?.error_code ?? 500 };
}
