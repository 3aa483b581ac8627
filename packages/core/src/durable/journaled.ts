/**
 * What a value is once it has been in the journal as JSON: a `Date` is a string, a `Map` an empty object, a function is
 * gone. Helpers that journal a value give back this type, so that the compiler knows what a replay gives.
 */
export type Journaled<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends bigint | symbol | ((...args: never[]) => unknown)
    ? never
    : T extends { toJSON(): infer J }
      ? Journaled<J>
      : T extends ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>
        ? Record<string, never>
        : T extends readonly unknown[]
          ? { -readonly [I in keyof T]: JournaledElement<T[I]> }
          : T extends object
            ? { [K in keyof T as JournaledKey<K, T[K]>]: Journaled<T[K]> }
            : T;

/** In arrays, JSON writes null for what it cannot write. */
type JournaledElement<T> = T extends undefined | symbol | ((...args: never[]) => unknown) ? null : Journaled<T>;

/** In objects, JSON leaves out what it cannot write. */
type JournaledKey<K, V> = K extends symbol ? never : V extends symbol | ((...args: never[]) => unknown) ? never : K;
