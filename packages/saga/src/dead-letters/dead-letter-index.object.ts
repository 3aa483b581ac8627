import { Handler, Shared, VirtualObject } from '@rea/core';
import { BuiltIn } from '@rea/core/internal';
import { type ObjectContext, type ObjectSharedContext, RestatePromise } from '@restatedev/restate-sdk';
import { JSON_FORMAT } from './json-format.js';
import type { DeadLetterSummary } from './dead-letter-entry.js';
import { INDEX } from './dead-letter-names.js';
import { type Conditions, matches, type Position } from './dead-letter-query.js';
import { type Change, type Directory, EMPTY, insert, pageOf, parsePosition, remove, sortKey } from './index-pages.js';

/** What to look for in a shard, from the newest row to the oldest. */
export interface Scan {
  readonly conditions: Conditions;
  /** Begins after this position. */
  readonly after?: Position;
  /** Most rows to give; 0 counts only. */
  readonly limit: number;
}

/** What a scan has found. */
export interface Scanned {
  readonly rows: readonly DeadLetterSummary[];
  readonly count: number;
  /** How far it came; null when it has seen the whole shard. */
  readonly until: Position | null;
}

/** Pages that one scan reads at most, and how many of them at once. A list begins with fewer: they often are enough. */
const MOST_PAGES = 64;
const MOST_PAGES_AT_ONCE = 16;
const FIRST_PAGES = 2;

/**
 * A shard of the index of dead letters: rows in the order of their creation, in pages that are loaded one by one, so that
 * no handler ever holds the whole.
 */
@BuiltIn()
@VirtualObject({
  name: INDEX,
  ingressPrivate: true,
  enableLazyState: true,
  serde: JSON_FORMAT,
  description: 'Lists dead letters where the admin API is out of reach.',
})
export class DeadLetterIndexShard {
  /** Puts a row in, or in the place of its older self. */
  @Handler()
  async put(ctx: ObjectContext, row: DeadLetterSummary): Promise<void> {
    const directory = await directoryOf(ctx);
    write(ctx, directory, insert(directory, await rowsFor(ctx, directory, row), row));
  }

  /** Takes a row out. */
  @Handler()
  async remove(ctx: ObjectContext, row: Position): Promise<void> {
    const directory = await directoryOf(ctx);
    write(ctx, directory, remove(directory, await rowsFor(ctx, directory, row), row));
  }

  @Shared()
  async scan(ctx: ObjectSharedContext, { conditions, after, limit }: Scan): Promise<Scanned> {
    const { pages } = await directoryOf(ctx);
    const end = after ? sortKey(after) : undefined;
    const { since, until } = conditions;
    // Newest first. What begins at or after the end of the scan cannot hold a row of it.
    const candidates = pages
      .filter(({ first }) => (end === undefined || first < end) && (until === undefined || first < until))
      .filter((_, index, all) => since === undefined || all[index + 1] === undefined || all[index + 1]!.first >= since)
      .toReversed();
    const rows: DeadLetterSummary[] = [];
    let count = 0;
    let atOnce = limit === 0 ? MOST_PAGES_AT_ONCE : FIRST_PAGES;
    for (let read = 0; read < Math.min(candidates.length, MOST_PAGES);) {
      const chunk = candidates.slice(read, Math.min(read + atOnce, MOST_PAGES));
      const contents = await RestatePromise.all(chunk.map(({ page }) => load(ctx, page)));
      read += chunk.length;
      atOnce = Math.min(atOnce * 2, MOST_PAGES_AT_ONCE);
      for (const content of contents) {
        for (const row of (content ?? []).toReversed()) {
          if ((end !== undefined && sortKey(row) >= end) || !matches(row, conditions)) continue;
          count += 1;
          if (limit === 0) continue;
          rows.push(row);
          if (rows.length === limit) return { rows, count, until: positionOf(row) };
        }
      }
      if (read >= MOST_PAGES && read < candidates.length) {
        return { rows, count, until: parsePosition(chunk.at(-1)!.first) };
      }
    }
    return { rows, count, until: null };
  }
}

async function directoryOf(ctx: ObjectSharedContext): Promise<Directory> {
  return (await ctx.get<Directory>('directory')) ?? EMPTY;
}

/** A page, as a promise that combines: the SDK types it as any other. */
function load(ctx: ObjectSharedContext, page: number): RestatePromise<DeadLetterSummary[] | null> {
  return ctx.get<DeadLetterSummary[]>(stateName(page)) as RestatePromise<DeadLetterSummary[] | null>;
}

async function rowsFor(ctx: ObjectContext, directory: Directory, row: Position): Promise<DeadLetterSummary[]> {
  const ref = directory.pages[pageOf(directory, sortKey(row))];
  return ref ? ((await load(ctx, ref.page)) ?? []) : [];
}

function write(ctx: ObjectContext, before: Directory, { directory, pages }: Change): void {
  for (const [page, rows] of pages) {
    if (rows.length > 0) ctx.set(stateName(page), rows);
    else ctx.clear(stateName(page));
  }
  if (JSON.stringify(before) !== JSON.stringify(directory)) ctx.set('directory', directory);
}

function stateName(page: number): string {
  return `page-${page}`;
}

function positionOf({ createdAt, id }: Position): Position {
  return { createdAt, id };
}
