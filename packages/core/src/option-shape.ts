import { closest } from './closest.js';
import { ReaOptionsError } from './options.error.js';

type Keys<T> = T extends object ? keyof T & string : never;
type Value<T, K> = T extends object ? (K extends keyof T ? NonNullable<T[K]> : never) : never;

/**
 * The names that an option type has, so that a misspelt one is refused at run time too, where options come from
 * configuration or untyped code. Declare it beside the type: the compiler keeps both in step.
 *
 * `true`: the option is not looked into. An object: its own names. {@link each}: a record of such objects.
 */
export type OptionShape<T> = {
  readonly [K in Keys<T>]-?: true | OptionShape<Value<T, K>> | EachOption<Value<Value<T, K>, string>>;
};

/** Options by names that the user chooses. */
export class EachOption<T> {
  constructor(readonly shape: OptionShape<T>) {}
}

/** The shape of a record whose keys are the user's. */
export function each<T>(shape: OptionShape<T>): EachOption<T> {
  return new EachOption(shape);
}

/** A shape, whatever its type. */
type AnyShape = Readonly<Record<string, unknown>>;

/**
 * Refuses an option that its type does not have, however deep. Instances of classes may hold more than options (a
 * configuration, a started server): they are not looked into.
 *
 * @param owner for the message: whose options these are, for example `IngressModule`
 * @throws ReaOptionsError naming the option's path and the nearest known name
 */
export function checkOptionNames<T>(owner: string, options: object | undefined, shape: OptionShape<T>): void {
  check(owner, options, shape, '');
}

function check(owner: string, value: unknown, shape: unknown, path: string): void {
  if (shape === true || !isPlain(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if (shape instanceof EachOption) {
      check(owner, inner, shape.shape, `${path}${key}.`);
      continue;
    }
    if (!Object.hasOwn(shape as object, key)) throw unknown(owner, path, key, Object.keys(shape as object));
    check(owner, inner, (shape as AnyShape)[key], `${path}${key}.`);
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function unknown(owner: string, path: string, key: string, known: readonly string[]): ReaOptionsError {
  const near = closest(key, known);
  const cure =
    near === undefined
      ? `It has: ${known.map((name) => path + name).join(', ') || 'no options'}.`
      : `Did you mean ${path}${near}?`;
  return new ReaOptionsError(`${path}${key} of ${owner}`, `does not exist. ${cure}`);
}
