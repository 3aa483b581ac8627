import type { Serde } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { StateKeyError } from './state-key.error.js';

/** Makes a value of the next version out of one that was stored under an older version. */
export type Upcaster = (old: unknown) => unknown;

export interface StateKeyOptions<T> {
  /** Validates on read and on write. The value is stored as JSON. */
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

export interface StateKeyOptionsWithDefault<T> extends StateKeyOptions<T> {
  /** What reading gives while nothing is stored. Called on each such read; it must be deterministic. */
  readonly default: () => T;
}

declare const READ: unique symbol;

/** A piece of state, declared once: its name, type, schema, version and default. Made by {@link stateKey}. */
export interface StateKey<T, Read = T | null> {
  readonly name: string;
  readonly options: StateKeyOptions<T> & Partial<StateKeyOptionsWithDefault<T>>;
  /** Type only: what reading gives. */
  readonly [READ]?: Read;
}

/**
 * Declares a piece of state of a virtual object or a workflow.
 *
 * @param name the state's name in Restate; renaming it loses what is stored
 * @param options schema, default, version and format; without a default, reading gives null while nothing is stored
 * @throws StateKeyError when versions and upcasters do not fit together
 */
export function stateKey<T>(name: string, options: StateKeyOptionsWithDefault<T>): StateKey<T, T>;
export function stateKey<T>(name: string, options?: StateKeyOptions<T>): StateKey<T>;
export function stateKey<T>(name: string, options: StateKeyOptions<T> = {}): StateKey<T> {
  checkVersions(name, options);
  return { name, options };
}

function checkVersions<T>(name: string, { version, upcasters = {}, serde }: StateKeyOptions<T>): void {
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
