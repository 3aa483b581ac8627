/**
 * What a value is once it has been in the journal as JSON: a `Date` is a string, a `Map` an empty object, a function is
 * gone. What is read back from the journal has this type, so that the compiler knows what a replay and another handler
 * are given. A type that JSON keeps as it is stays itself, name included.
 */
export type Journaled<T> = [T, InJson<T>] extends [InJson<T>, T] ? T : InJson<T>;

declare const RESTORED: unique symbol;

/**
 * What a handler returns whose serde gives callers back the value itself: `Promise<Restored<Date>>`. A class does not
 * carry its serdes as types; without this, callers are given what JSON makes of the value. Bytes need no mark.
 */
export type Restored<T> = T & { readonly [RESTORED]?: T };

/** Whether a type is marked with {@link Restored}. */
export type IsRestored<T> = typeof RESTORED extends keyof T ? true : false;

/** What callers of a handler are given that returns `T`. */
export type Returned<T> = IsRestored<T> extends true ? NonNullable<T[typeof RESTORED & keyof T]> : Received<T>;

/** Bytes come through a serde only: JSON makes an object of numbers of them, which does not compile as an output. */
type Received<T> = [T] extends [ArrayBufferView] ? T : Journaled<T>;

type InJson<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends bigint | symbol | AnyFunction
    ? never
    : T extends { toJSON(): infer J }
      ? InJson<J>
      : T extends Emptied
        ? Record<string, never>
        : T extends ArrayBufferView
          ? Record<string, number>
          : T extends readonly unknown[]
            ? { -readonly [I in keyof T]: ElementInJson<T[I]> }
            : T extends object
              ? FieldsInJson<T, KeptKeys<T>>
              : T;

type AnyFunction = (...args: never[]) => unknown;

/** Their contents are no properties, so that JSON has nothing of them. */
type Emptied =
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | WeakMap<WeakKey, unknown>
  | WeakSet<WeakKey>
  | PromiseLike<unknown>
  | RegExp
  | ArrayBuffer;

/** In arrays, JSON writes null for what it cannot write. */
type ElementInJson<T> = T extends undefined | symbol | AnyFunction ? null : InJson<T>;

/** In objects, JSON leaves out what it cannot write. */
type KeptKeys<T> = {
  [K in keyof T]-?: K extends symbol ? never : [T[K]] extends [symbol | AnyFunction] ? DroppedKey<T[K], K> : K;
}[keyof T];

/** What is `any` or `never` may be anything: it is kept. */
type DroppedKey<V, K> = [V] extends [never] ? K : 0 extends 1 & V ? K : never;

/** By the keys of the object itself, so that editors find the declaration of each field. */
type FieldsInJson<T, K extends keyof T> = { [P in K]: InJson<T[P]> };

/**
 * Names what of a type JSON loses without a trace, at any depth that can be named: a map, a set, a bigint, a symbol, a
 * function, a regular expression, a promise, bytes. Never, when it loses nothing but types, as with a `Date`.
 */
export type LostInJson<T> = 0 extends 1 & T ? never : Lost<T, []>;

/** Deeper types may refer to themselves. */
type MostLevels = 6;

type Lost<T, Level extends unknown[]> = Level['length'] extends MostLevels
  ? never
  : T extends string | number | boolean | null | undefined
    ? never
    : T extends bigint
      ? 'bigint'
      : T extends symbol
        ? 'symbol'
        : T extends AnyFunction
          ? 'function'
          : T extends ArrayBuffer | ArrayBufferView
            ? 'binary value'
            : T extends { toJSON(): unknown }
              ? never
              : T extends ReadonlyMap<unknown, unknown> | WeakMap<WeakKey, unknown>
                ? 'Map'
                : T extends ReadonlySet<unknown> | WeakSet<WeakKey>
                  ? 'Set'
                  : T extends RegExp
                    ? 'RegExp'
                    : T extends PromiseLike<unknown>
                      ? 'Promise'
                      : T extends readonly (infer Item)[]
                        ? Lost<Item, [...Level, 0]>
                        : T extends object
                          ? LostInFields<T, Level>
                          : never;

type LostInFields<T, Level extends unknown[]> = {
  [K in keyof T]-?: 0 extends 1 & T[K] ? never : Lost<T[K], [...Level, 0]>;
}[keyof T];
