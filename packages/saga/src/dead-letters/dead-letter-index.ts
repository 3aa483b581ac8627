import { createHash } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { RestateConnection } from '@rea/core';
import { type Context, type InvocationPromise, RestatePromise } from '@restatedev/restate-sdk';
import { ComponentCalls } from './component-calls.js';
import { DEAD_LETTER_OPTIONS, type DeadLetterOptions } from './dead-letter.options.js';
import type { DeadLetterPage, DeadLetterSummary } from './dead-letter-entry.js';
import type { Scan, Scanned } from './dead-letter-index.object.js';
import { INDEX } from './dead-letter-names.js';
import { type Conditions, type PageRequest, type Position, toCursor } from './dead-letter-query.js';
import { sortKey } from './index-pages.js';

/** How many objects share the index. Part of what is stored: it never changes. */
const SHARDS = 4;
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Lists dead letters without the admin API: rows in virtual objects, each found by a hash of its id. */
@Injectable()
export class DeadLetterIndex {
  /** Whether the handlers of this process keep it. */
  readonly kept: boolean;

  constructor(
    private readonly calls: ComponentCalls,
    connection: RestateConnection,
    @Optional() @Inject(DEAD_LETTER_OPTIONS) options: DeadLetterOptions | undefined,
  ) {
    this.kept = options?.index ?? connection.adminUrl === undefined;
  }

  /**
   * Adds the row of a new entry, later: thousands that are added at once would all wait for the few shards, and take the
   * places of the handlers that they wait for.
   */
  add(ctx: Context, row: DeadLetterSummary): void {
    if (this.kept) this.calls.send(ctx, INDEX, 'put', shardOf(row.id), row);
  }

  /** Brings an entry's row up to date. Awaited: who has changed an entry finds the change in lists. */
  async put(ctx: Context, row: DeadLetterSummary): Promise<void> {
    if (this.kept) await this.calls.call(ctx, INDEX, 'put', shardOf(row.id), row);
  }

  async remove(ctx: Context, { createdAt, id }: Position): Promise<void> {
    if (this.kept) await this.calls.call(ctx, INDEX, 'remove', shardOf(id), { createdAt, id });
  }

  /** A page; it may have fewer rows than asked for, also none, while there are further ones: then it has a cursor. */
  async list(ctx: Context, { conditions, limit, after }: PageRequest): Promise<DeadLetterPage> {
    const scan = { conditions, limit, ...(after ? { after } : {}) };
    const results = await RestatePromise.all(ALL_SHARDS.map((shard) => this.scanShard(ctx, shard, scan)));
    // Below where some shard has stopped, its rows are unknown.
    const horizon = results
      .map(({ until }) => until)
      .filter((until) => until !== null)
      .reduce<Position | undefined>(
        (newest, each) => (newest && sortKey(newest) > sortKey(each) ? newest : each),
        undefined,
      );
    const known = results
      .flatMap(({ rows }) => rows)
      .filter((row) => !horizon || sortKey(row) >= sortKey(horizon))
      .toSorted((a, b) => (sortKey(a) < sortKey(b) ? 1 : -1));
    const entries = known.slice(0, limit);
    const last = known.length > limit ? entries.at(-1) : horizon;
    return { entries, ...(last ? { cursor: toCursor(last) } : {}) };
  }

  async count(ctx: Context, conditions: Conditions): Promise<number> {
    let sum = 0;
    let open: readonly { readonly shard: number; readonly after?: Position }[] = ALL_SHARDS.map((shard) => ({ shard }));
    while (open.length > 0) {
      const results = await RestatePromise.all(
        open.map(({ shard, ...from }) => this.scanShard(ctx, shard, { conditions, limit: 0, ...from })),
      );
      sum += results.reduce((total, { count }) => total + count, 0);
      open = open.flatMap(({ shard }, index) => {
        const after = results[index]!.until;
        return after ? [{ shard, after }] : [];
      });
    }
    return sum;
  }

  private scanShard(ctx: Context, shard: number, scan: Scan): InvocationPromise<Scanned> {
    return this.calls.call<Scanned>(ctx, INDEX, 'scan', String(shard), scan);
  }
}

function shardOf(id: string): string {
  return String(createHash('sha256').update(id).digest().readUInt32BE() % SHARDS);
}
