/**
 * What calling code is within. For packages of Rea that are loaded before the application: it imports nothing else.
 *
 * @internal
 * @packageDocumentation
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';

const storage = new AsyncLocalStorage<readonly unknown[]>();

const NOTHING: readonly unknown[] = [];

// Until a storage is used, Node 22 tells no promise from another: what the first attempt enters would then be around
// whatever it was called from, the application's front included.
storage.run(NOTHING, () => undefined);

let places = 0;

function callWithin<R>(values: readonly unknown[], fn: () => R): R {
  storage.enterWith(values);
  return fn();
}

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
    // The storage's own `run` makes what is around it anew when it ends; a resource remembers it.
    return new AsyncResource('rea').runInAsyncScope(callWithin<R>, undefined, this.with(value), fn);
  }

  /**
   * Puts the calling code within a value, from here on: the rest of its task, and everything that it starts. It takes less
   * time than {@link run}.
   *
   * @param beside of another kind
   */
  enter(value: T, beside?: AmbientValue): void {
    const values = this.with(value);
    if (beside) values[beside.place] = beside.value;
    storage.enterWith(values);
  }

  /** A value that code can be put within together with one of another kind: once costs half of twice. */
  valued(value: T): AmbientValue {
    return { place: this.place, value };
  }

  private with(value: T): unknown[] {
    const values = [...(storage.getStore() ?? NOTHING)];
    values[this.place] = value;
    return values;
  }
}

/** A value of some {@link Ambient}. */
export interface AmbientValue {
  readonly place: number;
  readonly value: unknown;
}
