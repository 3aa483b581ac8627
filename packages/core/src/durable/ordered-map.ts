/**
 * A map that keeps the order of insertion through JSON, as state and results of runs need it. Plain objects put keys that
 * look like numbers first, and a `Map` is lost in JSON.
 */
export class OrderedMap<K extends string | number, V> implements Iterable<[K, V]> {
  private readonly map: Map<K, V>;

  constructor(entries: Iterable<readonly [K, V]> = []) {
    this.map = new Map(entries);
  }

  /** Reads what {@link toJSON} wrote. */
  static fromJSON<K extends string | number, V>(entries: readonly (readonly [K, V])[]): OrderedMap<K, V> {
    return new OrderedMap(entries);
  }

  get size(): number {
    return this.map.size;
  }

  get(key: K): V | undefined {
    return this.map.get(key);
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  /** Adds at the end; a known key keeps its place. */
  set(key: K, value: V): this {
    this.map.set(key, value);
    return this;
  }

  delete(key: K): boolean {
    return this.map.delete(key);
  }

  keys(): K[] {
    return [...this.map.keys()];
  }

  values(): V[] {
    return [...this.map.values()];
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.map.entries();
  }

  /** Pairs, in order: what is stored. */
  toJSON(): [K, V][] {
    return [...this.map];
  }
}
