import { Logger } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { BuiltIn } from '@rea/core/internal';
import { type Context, RestatePromise } from '@restatedev/restate-sdk';
import { OperatorAdmission } from '../operators/operator-admission.service.js';
import { JSON_FORMAT } from './json-format.js';
import { ComponentCalls } from './component-calls.js';
import type { Closing, Purging } from './dead-letter.object.js';
import type {
  DeadLetterEntry,
  DeadLetterPage,
  DeadLetterQuery,
  PurgeResult,
  RedriveResult,
} from './dead-letter-entry.js';
import { DeadLetterIndex } from './dead-letter-index.js';
import { discardedAsAWhole } from './dead-letter-failures.js';
import { ENTRY, OPERATOR } from './dead-letter-names.js';
import { parseCursor, toConditions, toPageRequest } from './dead-letter-query.js';
import { DeadLetterSql } from './dead-letter-sql.js';
import {
  checkClose,
  checkEntry,
  checkPurge,
  checkRedrive,
  type CloseRequest,
  type EntryRequest,
  type PurgeRequest,
  type RedriveRequest,
} from './operator-requests.js';

/** Entries that a purge works on at once. */
const PURGED_AT_ONCE = 50;

/**
 * The one way from outside to the dead letters: reachable through the ingress, it does nothing without the secret.
 * Journals of its handlers are not retained, since they hold the request's headers.
 */
@BuiltIn()
@Service({
  name: OPERATOR,
  journalRetention: 0,
  serde: JSON_FORMAT,
  description: 'Dead letters for operators. Every request needs the secret; use the DeadLetters injectable.',
})
export class DeadLetterOperator {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly calls: ComponentCalls,
    private readonly index: DeadLetterIndex,
    private readonly sql: DeadLetterSql,
    private readonly admission: OperatorAdmission,
  ) {}

  /** Makes the generated secret, if there is none. It tells nothing, so it needs none. */
  @Handler()
  async prepare(ctx: Context): Promise<void> {
    await this.admission.prepare(ctx);
  }

  @Handler()
  async get(ctx: Context, request: EntryRequest): Promise<DeadLetterEntry> {
    await this.admission.admit(ctx);
    return this.calls.call<DeadLetterEntry>(ctx, ENTRY, 'get', checkEntry(request).id, undefined);
  }

  @Handler()
  async redrive(ctx: Context, request: RedriveRequest): Promise<RedriveResult> {
    await this.admission.admit(ctx);
    const { id, ...options } = checkRedrive(request);
    return this.calls.call<RedriveResult>(ctx, ENTRY, 'redrive', id, options);
  }

  @Handler()
  async resolve(ctx: Context, request: CloseRequest): Promise<DeadLetterEntry> {
    return this.close(ctx, request, 'resolved');
  }

  @Handler()
  async discard(ctx: Context, request: CloseRequest): Promise<DeadLetterEntry> {
    return this.close(ctx, request, 'discarded');
  }

  /** Lists from the index. Whoever reaches the admin API lists by SQL and does not come here. */
  @Handler()
  async list(ctx: Context, request: DeadLetterQuery): Promise<DeadLetterPage> {
    await this.admission.admit(ctx);
    return this.index.list(ctx, toPageRequest(request));
  }

  @Handler()
  async count(ctx: Context, request: DeadLetterQuery): Promise<number> {
    await this.admission.admit(ctx);
    return this.index.count(ctx, toConditions(request));
  }

  @Handler()
  async purge(ctx: Context, request: PurgeRequest): Promise<PurgeResult> {
    await this.admission.admit(ctx);
    const { by, olderThan, limit } = checkPurge(request);
    const ids = await this.closedBefore(ctx, olderThan, limit);
    let purged = 0;
    for (let from = 0; from < ids.length; from += PURGED_AT_ONCE) {
      const order: Purging = { by, olderThan };
      const results = await RestatePromise.all(
        ids.slice(from, from + PURGED_AT_ONCE).map((id) => this.calls.call<boolean>(ctx, ENTRY, 'purge', id, order)),
      );
      purged += results.filter(Boolean).length;
    }
    await run(ctx, 'log', () => {
      this.logger.log(`${JSON.stringify(by)} purged ${purged} dead letters that were closed before ${olderThan}.`);
    });
    return { purged, more: ids.length === limit };
  }

  private async close(ctx: Context, request: CloseRequest, as: Closing['as']): Promise<DeadLetterEntry> {
    await this.admission.admit(ctx);
    const { id, by, note, step } = checkClose(request);
    if (as === 'discarded' && step !== undefined) throw discardedAsAWhole(step);
    const closing: Closing = { by, note, as, ...(step === undefined ? {} : { step }) };
    return this.calls.call<DeadLetterEntry>(ctx, ENTRY, 'close', id, closing);
  }

  private async closedBefore(ctx: Context, closedBefore: string, limit: number): Promise<readonly string[]> {
    const conditions = { equal: {}, closedBefore };
    if (!this.index.kept) return run(ctx, 'find', () => this.sql.ids(conditions, limit));
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const from = cursor === undefined ? {} : { after: parseCursor(cursor) };
      const page: DeadLetterPage = await this.index.list(ctx, { conditions, limit: limit - ids.length, ...from });
      ids.push(...page.entries.map(({ id }) => id));
      ({ cursor } = page);
    } while (cursor !== undefined && ids.length < limit);
    return ids;
  }
}
