import { AsyncLocalStorage } from 'node:async_hooks';

const storage = new AsyncLocalStorage<readonly unknown[]>();

const NOTHING: readonly unknown[] = [];

// Until a storage is used, Node 22 tells no promise from another: what the first attempt enters would then be around
// whatever it was called from, the application's front included.
storage.run(NOTHING, () => undefined);

let places = 0;

/**
 * Something that the calling code, and everything that it starts, is within. As an `AsyncLocalStorage` of its own, but all
 * share one: entering any storage copies what the code is within of each, and a fifth makes that take 1.6 times as long.
 * The application, its logger and its tracer have theirs.
 */
export class Ambient<T> {
  private readonly place = places++;

  get current(): T | undefined {
    return storage.getStore()?.[this.place] as T | undefined;
  }

  /** Calls a function within a value. */
  run<R>(value: T, fn: () => R): R {
    return storage.run(this.with(value), fn);
  }

  /**
   * Puts the calling code within a value, from here on: the rest of its task, and everything that it starts. {@link run}
   * makes what is around it anew when it ends, which takes as long again.
   */
  enter(value: T): void {
    storage.enterWith(this.with(value));
  }

  private with(value: T): readonly unknown[] {
    const values = [...(storage.getStore() ?? NOTHING)];
    values[this.place] = value;
    return values;
  }
}
