import type { DeadLetterSummary } from './dead-letter-entry.js';
import type { Position } from './dead-letter-query.js';

/** Most rows of a page. Each write of a row writes its page. */
export const PAGE_ROWS = 50;

/** A page of rows in the order of their positions, and where it begins. */
export interface PageRef {
  readonly page: number;
  /** Position of its first row, as text. */
  readonly first: string;
}

/** The pages of a shard, the oldest rows first. */
export interface Directory {
  /** Number of the next page that is made. */
  readonly next: number;
  readonly pages: readonly PageRef[];
  /**
   * Pages that were replaced by the last change of the directory. They stay until the next one: a reader, who takes no
   * lock, may have the directory of before.
   */
  readonly replaced: readonly number[];
}

export const EMPTY: Directory = { next: 0, pages: [], replaced: [] };

/** What a change makes of a directory, and the pages that have to be written; an empty one is removed. */
export interface Change {
  readonly directory: Directory;
  readonly pages: ReadonlyMap<number, readonly DeadLetterSummary[]>;
}

/** A position as text that sorts like it: times have one length. */
export function sortKey({ createdAt, id }: Position): string {
  return `${createdAt} ${id}`;
}

/** The position that a {@link sortKey} was made of. */
export function parsePosition(key: string): Position {
  const space = key.indexOf(' ');
  return { createdAt: key.slice(0, space), id: key.slice(space + 1) };
}

/** Index of the page that a position belongs to: the last one that begins at or before it. */
export function pageOf({ pages }: Directory, key: string): number {
  let [low, high] = [0, pages.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (pages[middle]!.first <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Puts a row in its place, or in the place of its older self; a newer self stays. @param rows of the page that the row belongs to */
export function insert(directory: Directory, rows: readonly DeadLetterSummary[], row: DeadLetterSummary): Change {
  const key = sortKey(row);
  const at = pageOf(directory, key);
  const known = rows.find((other) => sortKey(other) === key);
  if (known && known.updatedAt > row.updatedAt) return { directory, pages: new Map() };
  const others = rows.filter((other) => sortKey(other) !== key);
  const place = others.findIndex((other) => sortKey(other) > key);
  const grown = place === -1 ? [...others, row] : others.toSpliced(place, 0, row);
  if (grown.length <= PAGE_ROWS) return rewrite(directory, at, grown);
  // Rows mostly come in order: the newest begins a page, so that pages fill up.
  if (place === -1 && at === directory.pages.length - 1) return replace(directory, at + 1, 0, [[row]]);
  const middle = Math.ceil(grown.length / 2);
  return replace(directory, at, 1, [grown.slice(0, middle), grown.slice(middle)]);
}

/** Removes a row. @param rows of the page that the row belongs to */
export function remove(directory: Directory, rows: readonly DeadLetterSummary[], row: Position): Change {
  const key = sortKey(row);
  const at = pageOf(directory, key);
  const left = rows.filter((other) => sortKey(other) !== key);
  return left.length > 0 ? rewrite(directory, at, left) : replace(directory, at, 1, []);
}

/** Writes a page again, under its number. */
function rewrite(directory: Directory, at: number, rows: readonly DeadLetterSummary[]): Change {
  const old = directory.pages[at];
  if (!old) return replace(directory, at, 0, [rows]);
  const first = sortKey(rows[0]!);
  const pages = new Map([[old.page, rows]]);
  if (first === old.first) return { directory, pages };
  return { directory: { ...directory, pages: directory.pages.with(at, { page: old.page, first }) }, pages };
}

/** Puts new pages in the place of old ones. */
function replace(
  { next, pages: before, replaced }: Directory,
  at: number,
  old: 0 | 1,
  contents: readonly (readonly DeadLetterSummary[])[],
): Change {
  const refs = contents.map((rows, index) => ({ page: next + index, first: sortKey(rows[0]!) }));
  return {
    directory: {
      next: next + contents.length,
      pages: before.toSpliced(at, old, ...refs),
      replaced: before.slice(at, at + old).map(({ page }) => page),
    },
    pages: new Map<number, readonly DeadLetterSummary[]>([
      ...replaced.map((page) => [page, []] as const),
      ...contents.map((rows, index) => [next + index, rows] as const),
    ]),
  };
}
