import type { Serde } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ReadsBack } from '../validation/codec.types.js';
import type { Journaled, LostInJson } from './journaled.js';
import { StateKeyError } from './state-key.error.js';

/** Makes a value of the next version out of one that was stored under an older version. Both are in their stored form. */
export type Upcaster = (old: unknown) => unknown;

export interface StateKeyOptions<T> {
  /**
   * Validates what is written, and transforms what is read; a codec encodes what is written. The value is stored as JSON.
   * What it reads has to be what was written: a transformation that would change the value with each read is refused.
   */
  readonly schema?: StandardSchemaV1<unknown, T>;
  /** Format, when it is not JSON. Not together with {@link version}. */
  readonly serde?: Serde<T>;
  /**
   * The version of the value's shape, stored with it. Values stored under an older version go through the
   * {@link upcasters} when they are read; what was stored without a version has version 0.
   */
  readonly version?: number;
  /** By version: from that version to the next. One for each version from the oldest still stored to the last but one. */
  readonly upcasters?: Readonly<Record<number, Upcaster>>;
}

/** {@link StateKeyOptions} with a default: reading gives the type `Read`, and never null. */
export interface StateKeyOptionsWithDefault<T, Read = T> extends StateKeyOptions<T> {
  /** What reading gives while nothing is stored. Called on each such read; it must be deterministic. */
  readonly default: () => Read;
}

type Unstored =
  'This schema does not read the JSON of what it makes, or makes another type than the key has: use a codec, which converts both ways, or let the schema take what it makes';

/** Options of a value that is JSON as it is. */
interface PlainOptions<T> extends Omit<StateKeyOptions<T>, 'schema' | 'serde'> {
  readonly schema?: Unstored;
  readonly serde?: never;
}

/** A value in a format that gives its type back. */
type Formatted<T, S> =
  { readonly schema: StandardSchemaV1<unknown, T> & S & StoredBy<S> } | { readonly serde: Serde<T> };

/** Nothing, or what is wrong with a schema for state. */
type StoredBy<S> = ReadsBack<S> extends true ? unknown : Unstored;

/** Nothing, or what is wrong with a type for state. */
type HeldByJson<T> = [LostInJson<T>] extends [never]
  ? unknown
  : `JSON does not hold a ${LostInJson<T>}, so it would be lost in the state: give the key a schema with a codec, or a serde`;

declare const READ: unique symbol;

/** A piece of state, declared once: its name, type, schema, version and default. Made by {@link stateKey}. */
export interface StateKey<T, Read = T | null> {
  readonly name: string;
  readonly options: StateKeyOptions<T> & { readonly default?: () => unknown };
  /** Type only: what reading gives. */
  readonly [READ]?: Read;
}

/**
 * Declares a piece of state of a virtual object or a workflow.
 *
 * Without a schema or a serde, reading gives the value as JSON gives it back: `Journaled<T>`, where a `Date` is a string.
 * A type that JSON loses (`Map`, `Set`, `bigint`, functions) does not compile then.
 *
 * @param name the state's name in Restate; renaming it loses what is stored
 * @param options schema, default, version and format; without a default, reading gives null while nothing is stored
 * @throws StateKeyError when versions and upcasters do not fit together
 */
export function stateKey<T, S = StandardSchemaV1<unknown, T>>(
  name: string,
  options: StateKeyOptionsWithDefault<T> & Formatted<T, S>,
): StateKey<T, T>;
export function stateKey<T, S = StandardSchemaV1<unknown, T>>(
  name: string,
  options: StateKeyOptions<T> & Formatted<T, S>,
): StateKey<T>;
export function stateKey<T>(
  name: string & HeldByJson<T>,
  options: PlainOptions<T> & { readonly default: () => Journaled<T> },
): StateKey<T, Journaled<T>>;
export function stateKey<T>(name: string & HeldByJson<T>, options?: PlainOptions<T>): StateKey<T, Journaled<T> | null>;
export function stateKey<T>(
  name: string,
  options: Omit<StateKeyOptions<T>, 'schema'> & { readonly schema?: unknown } = {},
): StateKey<T, never> {
  checkVersions(name, options);
  return { name, options: options as StateKeyOptions<T> };
}

function checkVersions<T>(name: string, { version, upcasters = {}, serde }: Omit<StateKeyOptions<T>, 'schema'>): void {
  const from = Object.keys(upcasters).map(Number);
  if (version === undefined) {
    if (from.length > 0) throw new StateKeyError(name, 'has upcasters but no version. Set the version they lead to.');
    return;
  }
  if (!Number.isInteger(version) || version < 1) {
    throw new StateKeyError(name, `has the version ${version}. Versions are whole numbers from 1.`);
  }
  if (serde) throw new StateKeyError(name, 'has a version and a serde. A versioned value is stored as JSON.');
  const oldest = Math.min(version, ...from);
  for (let each = oldest; each < version; each += 1) {
    if (!(each in upcasters)) {
      throw new StateKeyError(name, `has no upcaster from version ${each} to ${each + 1}. Add it.`);
    }
  }
  const beyond = from.find((each) => each >= version);
  if (beyond !== undefined) {
    throw new StateKeyError(
      name,
      `has an upcaster from version ${beyond}, but is at version ${version}. Raise the version.`,
    );
  }
}
