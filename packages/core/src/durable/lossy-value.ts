import { serde as sdkSerde } from '@restatedev/restate-sdk';
import { CodecSerde } from '../validation/codec-serde.js';

/** Parts of a value that are looked at; it is on hot paths, and a value of more parts is usually of one kind. */
const MOST_PARTS = 500;

/** A part of a value that JSON does not keep. */
interface Loss {
  /** For messages: `a Map`. */
  readonly what: string;
  /** Where: `.lines[2].at`; empty for the value itself. */
  path: string;
}

/** Whether a format is JSON without anything that restores types. */
export function isPlainJson(format: object): boolean {
  return format instanceof sdkSerde.JsonSerde && !(format instanceof CodecSerde);
}

/**
 * What JSON loses of a value, in words; undefined when it keeps all that was looked at: 500 parts. A `Date` and others
 * with a `toJSON` say themselves what they are in JSON, and types say so too; an instance without methods is plain data.
 */
export function lossIn(value: unknown): string | undefined {
  const loss = new Look().at(value);
  return loss && `${loss.what}${loss.path === '' ? '' : ` at ${loss.path}`}`;
}

class Look {
  private left = MOST_PARTS;

  at(value: unknown): Loss | undefined {
    switch (typeof value) {
      case 'number':
        return Number.isFinite(value) ? undefined : lost(String(value));
      case 'function':
        return lost('a function');
      case 'symbol':
        return lost('a symbol');
      case 'object':
        return value === null ? undefined : this.inside(value);
      default:
        return undefined;
    }
  }

  private inside(value: object): Loss | undefined {
    if (Array.isArray(value)) return this.among(value);
    if (ArrayBuffer.isView(value)) return lost(a(value));
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? lost('an invalid Date') : undefined;
    if ('toJSON' in value && typeof value.toJSON === 'function') return undefined;
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype !== null && prototype !== Object.prototype && hasMethods(prototype)) return lost(a(value));
    return this.fields(value as Readonly<Record<string, unknown>>);
  }

  private among(values: readonly unknown[]): Loss | undefined {
    for (let index = 0; index < values.length && this.left > 0; index += 1) {
      this.left -= 1;
      const value = values[index];
      const loss = value === undefined ? lost('undefined') : this.at(value);
      if (loss) return within(loss, `[${index}]`);
    }
    return undefined;
  }

  private fields(value: Readonly<Record<string, unknown>>): Loss | undefined {
    for (const name in value) {
      if (this.left <= 0) return undefined;
      this.left -= 1;
      const loss = Object.hasOwn(value, name) ? this.at(value[name]) : undefined;
      if (loss) return within(loss, `.${name}`);
    }
    return undefined;
  }
}

function lost(what: string): Loss {
  return { what, path: '' };
}

function within(loss: Loss, segment: string): Loss {
  loss.path = segment + loss.path;
  return loss;
}

function a(value: object): string {
  const { name } = value.constructor as { readonly name?: string };
  if (!name) return 'an instance of a class';
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

const known = new WeakMap<object, boolean>();

/** Whether instances have more than their own fields. The plain objects of another realm do not. */
function hasMethods(prototype: object): boolean {
  let answer = known.get(prototype);
  if (answer === undefined) {
    const parent = Object.getPrototypeOf(prototype) as object | null;
    const isRoot = parent === null && Object.hasOwn(prototype, 'isPrototypeOf');
    const own = Reflect.ownKeys(prototype).some((key) => key !== 'constructor');
    answer = !isRoot && (own || (parent !== null && parent !== Object.prototype && hasMethods(parent)));
    known.set(prototype, answer);
  }
  return answer;
}
