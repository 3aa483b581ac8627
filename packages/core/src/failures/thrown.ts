import { inspect, types } from 'node:util';

/** Longest message of an error that leaves a handler, in characters: more is of no use to a reader, and a journal has limits. */
export const LONGEST_MESSAGE = 16_384;

/** Longest stack of such an error, in characters. */
const LONGEST_STACK = 65_536;

const NOT_AN_ERROR = { depth: 2, maxArrayLength: 10, maxStringLength: 1_000, customInspect: false } as const;

/** As `instanceof`, which a proxy can make throw: what throws is not an instance. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** A property of something that was thrown; undefined when it cannot be read. */
export function readThrown(thrown: unknown, property: string): unknown {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  try {
    return Reflect.get(thrown, property);
  } catch {
    return undefined;
  }
}

/**
 * What was thrown as an error that can be read without harm: itself when it is one, else a new error that says what it was.
 * Code may throw anything: undefined, a revoked proxy, an error whose `message` throws. Never throws.
 */
export function errorOf(thrown: unknown): Error {
  if (isReadable(thrown)) return thrown;
  return withFramesOf(thrown, new Error(messageOf(thrown)));
}

/** The message of what was thrown, or what it was. Never empty, never throws. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'string' && thrown !== '') return bounded(thrown);
  const message = readThrown(thrown, 'message');
  if (typeof message === 'string' && message !== '') return bounded(message);
  if (!isA(thrown, Error)) return bounded(`A non-Error value was thrown: ${shown(thrown)}`);
  const [name, code] = [readThrown(thrown, 'name'), readThrown(thrown, 'code')];
  const named = typeof name === 'string' && name !== '' ? name : 'Error';
  return bounded(typeof code === 'string' && code !== '' ? `${named} ${code}` : named);
}

/** Any value as a short text. Never throws, and calls nothing of the value's own. */
export function shown(value: unknown): string {
  try {
    return inspect(value, NOT_AN_ERROR);
  } catch {
    return typeof value;
  }
}

/** Lets an error that stands for another one show where that was thrown. */
export function withFramesOf<E extends Error>(thrown: unknown, error: E): E {
  const stack = readThrown(thrown, 'stack');
  if (typeof stack !== 'string') return error;
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  error.stack = bounded([`${error.name}: ${error.message}`, ...frames].join('\n'), LONGEST_STACK);
  return error;
}

/** Cuts a text that is too long to be sent, and says how long it was. */
export function bounded(text: string, longest = LONGEST_MESSAGE): string {
  if (text.length <= longest) return text;
  const note = ` ... (${text.length} characters)`;
  return text.slice(0, longest - note.length) + note;
}

/** What loggers, the SDK and Node read of an error besides. */
const READ_BY_OTHERS = ['cause', 'code', 'metadata'] as const;

/** Whether it is an error, and reading it throws nothing, now and later. */
function isReadable(thrown: unknown): thrown is Error {
  if (types.isProxy(thrown) || !isA(thrown, Error)) return false;
  try {
    for (const property of READ_BY_OTHERS) void Reflect.get(thrown, property);
    if (thrown.stack !== undefined && typeof thrown.stack !== 'string') return false;
  } catch {
    return false;
  }
  return isText(thrown, 'message') && isText(thrown, 'name');
}

/** A getter may answer otherwise the next time. */
function isText(error: Error, property: 'message' | 'name'): boolean {
  if (Object.getOwnPropertyDescriptor(error, property)?.get) return false;
  return typeof readThrown(error, property) === 'string';
}
