import { Inject, Injectable } from '@nestjs/common';
import { REA_OPTIONS, type ReaModuleOptions, RestateConnection } from '@rea/core';
import { AdminClient, qualify, sqlLiteral } from '@rea/core/internal';
import type { DeadLetterPage, DeadLetterSummary } from './dead-letter-entry.js';
import { ENTRY, SECRET, SECRET_KEY } from './dead-letter-names.js';
import { type Conditions, EQUAL, type PageRequest, toCursor } from './dead-letter-query.js';

/** Reads dead letters from the server's tables, through the admin API. */
@Injectable()
export class DeadLetterSql {
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

  async list({ conditions, limit, after }: PageRequest): Promise<DeadLetterPage> {
    const where = this.where(conditions);
    if (after) {
      const [at, id] = [sqlLiteral(after.createdAt), sqlLiteral(after.id)];
      where.push(`(${field('createdAt')} < ${at} or (${field('createdAt')} = ${at} and service_key < ${id}))`);
    }
    const rows = await this.query<{ value_utf8: string }>(
      `select value_utf8 from state where ${where.join(' and ')}
       order by ${field('createdAt')} desc, service_key desc limit ${limit + 1}`,
    );
    const entries = rows.slice(0, limit).map(({ value_utf8: value }) => JSON.parse(value) as DeadLetterSummary);
    return { entries, ...(rows.length > limit ? { cursor: toCursor(entries.at(-1)!) } : {}) };
  }

  async count(conditions: Conditions): Promise<number> {
    const [row] = await this.query<{ count: number }>(
      `select count(1) as count from state where ${this.where(conditions).join(' and ')}`,
    );
    return row?.count ?? 0;
  }

  /** Ids of entries, in no order. */
  async ids(conditions: Conditions, limit: number): Promise<string[]> {
    const rows = await this.query<{ service_key: string }>(
      `select service_key from state where ${this.where(conditions).join(' and ')} limit ${limit}`,
    );
    return rows.map(({ service_key: id }) => id);
  }

  /** The generated secret of the operators; undefined while there is none. */
  async secret(): Promise<string | undefined> {
    const [row] = await this.query<{ value_utf8: string }>(
      `select value_utf8 from state where service_name = ${sqlLiteral(qualify(this.names, SECRET))}
       and service_key = ${sqlLiteral(SECRET_KEY)} and key = 'secret'`,
    );
    return row && (JSON.parse(row.value_utf8) as string);
  }

  private where({ equal, since, until, closedBefore }: Conditions): string[] {
    const terms = [`service_name = ${sqlLiteral(qualify(this.names, ENTRY))}`, `key = 'summary'`];
    for (const name of EQUAL) {
      const value = equal[name];
      if (value !== undefined) terms.push(`${field(name)} = ${sqlLiteral(value)}`);
    }
    if (since !== undefined) terms.push(`${field('createdAt')} >= ${sqlLiteral(since)}`);
    if (until !== undefined) terms.push(`${field('createdAt')} < ${sqlLiteral(until)}`);
    if (closedBefore !== undefined) {
      terms.push(`${field('status')} <> 'open'`, `${field('updatedAt')} < ${sqlLiteral(closedBefore)}`);
    }
    return terms;
  }

  private query<Row>(sql: string): Promise<Row[]> {
    if (!this.admin) throw new Error('This process knows no admin API.');
    return this.admin.query<Row>(sql);
  }
}

/** A field of an entry's row. */
function field(name: (typeof EQUAL)[number] | 'createdAt' | 'updatedAt'): string {
  return `json_get_str(value_utf8, '${name}')`;
}
