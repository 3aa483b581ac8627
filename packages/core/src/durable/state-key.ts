import type { Serde } from '@restatedev/restate-sdk';
import type { StandardSchemaV1 } from '@standard-schema/spec';

export interface StateKeyOptions<T> {
  /** Validates on read and on write. The value is stored as JSON. */
  readonly schema?: StandardSchemaV1<unknown, T>;
  /** Format, when it is not JSON. */
  readonly serde?: Serde<T>;
}

export interface StateKeyOptionsWithDefault<T> extends StateKeyOptions<T> {
  /** What reading gives while nothing is stored. Called on each such read; it must be deterministic. */
  readonly default: () => T;
}

declare const READ: unique symbol;

/** A piece of state, declared once: its name, type, schema and default. Made by {@link stateKey}. */
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
 * @param options schema, default and format; without a default, reading gives null while nothing is stored
 */
export function stateKey<T>(name: string, options: StateKeyOptionsWithDefault<T>): StateKey<T, T>;
export function stateKey<T>(name: string, options?: StateKeyOptions<T>): StateKey<T>;
export function stateKey<T>(name: string, options: StateKeyOptions<T> = {}): StateKey<T> {
  return { name, options };
}
