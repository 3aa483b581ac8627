import type { DeadLetterSummary } from '@rea/saga';
import { describe, expect, test } from 'vitest';
import {
  type Change,
  type Directory,
  EMPTY,
  insert,
  PAGE_ROWS,
  pageOf,
  remove,
  sortKey,
} from '../../src/dead-letters/index-pages.js';

function row(time: number, id = `entry ${time}`, updatedAt = time): DeadLetterSummary {
  const at = (millis: number) => new Date(millis).toISOString();
  return { id, createdAt: at(time), updatedAt: at(updatedAt), status: 'open' } as DeadLetterSummary;
}

/** A shard as its object keeps it, without the object. */
class Shard {
  directory: Directory = EMPTY;
  readonly pages = new Map<number, readonly DeadLetterSummary[]>();

  put(each: DeadLetterSummary): void {
    this.apply(insert(this.directory, this.rowsFor(each), each));
  }

  remove(each: DeadLetterSummary): void {
    this.apply(remove(this.directory, this.rowsFor(each), each));
  }

  get rows(): DeadLetterSummary[] {
    return this.read(this.directory);
  }

  /** What a reader finds who holds a directory of before. */
  read({ pages }: Directory): DeadLetterSummary[] {
    return pages.flatMap(({ page }) => this.pages.get(page) ?? []);
  }

  private rowsFor(each: DeadLetterSummary): readonly DeadLetterSummary[] {
    const ref = this.directory.pages[pageOf(this.directory, sortKey(each))];
    return ref ? this.pages.get(ref.page)! : [];
  }

  private apply({ directory, pages }: Change): void {
    this.directory = directory;
    for (const [page, rows] of pages) {
      if (rows.length > 0) this.pages.set(page, rows);
      else this.pages.delete(page);
    }
  }
}

/** Numbers in an order that looks random and is always the same. */
function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7_919) % count);
}

describe('the pages of the index', () => {
  test('fill up when rows come in order', () => {
    const shard = new Shard();
    for (let time = 0; time < PAGE_ROWS * 4; time += 1) shard.put(row(time));
    expect(shard.directory.pages).toHaveLength(4);
    expect(shard.rows).toEqual(Array.from({ length: PAGE_ROWS * 4 }, (_, time) => row(time)));
  });

  test('stay sorted and bounded when rows come in any order', () => {
    const shard = new Shard();
    for (const time of shuffled(1_000)) shard.put(row(time));
    expect(shard.rows.map(({ createdAt }) => Date.parse(createdAt))).toEqual(
      Array.from({ length: 1_000 }, (_, time) => time),
    );
    expect(Math.max(...[...shard.pages.values()].map(({ length }) => length))).toBeLessThanOrEqual(PAGE_ROWS);
    expect(shard.directory.pages.map(({ first }) => first)).toEqual(
      shard.directory.pages.map(({ page }) => sortKey(shard.pages.get(page)![0]!)),
    );
  });

  test('keep the rows of one moment apart by their ids', () => {
    const shard = new Shard();
    for (const n of shuffled(200)) shard.put(row(7, `id ${n}`));
    expect(new Set(shard.rows.map(({ id }) => id)).size).toBe(200);
    shard.remove(row(7, 'id 100'));
    expect(shard.rows.map(({ id }) => id)).not.toContain('id 100');
    expect(shard.rows).toHaveLength(199);
  });

  test('have the newest self of a row, whatever order it came in', () => {
    const shard = new Shard();
    for (let time = 0; time < 120; time += 1) shard.put(row(time));
    shard.put(row(60, 'entry 60', 900));
    shard.put(row(60, 'entry 60', 500));
    expect(shard.rows).toHaveLength(120);
    expect(shard.rows[60]).toEqual(row(60, 'entry 60', 900));
  });

  test('go when their last row goes, and the rest is found as before', () => {
    const shard = new Shard();
    for (let time = 0; time < 300; time += 1) shard.put(row(time));
    for (const time of shuffled(300)) if (time !== 123) shard.remove(row(time));
    shard.remove(row(5));
    expect(shard.rows).toEqual([row(123)]);
    expect(shard.directory.pages).toHaveLength(1);
    shard.remove(row(123));
    shard.put(row(1));
    expect(shard.rows).toEqual([row(1)]);
    expect(shard.pages.size).toBeLessThanOrEqual(2);
  });

  test('are whole for a reader who holds the directory of before a split', () => {
    const shard = new Shard();
    for (let time = 0; time < PAGE_ROWS * 3; time += 1) shard.put(row(time * 10));
    const before = shard.directory;
    const known = shard.rows;
    shard.put(row(15));
    expect(shard.directory).not.toEqual(before);
    expect(shard.read(before)).toEqual(known);
  });
});
