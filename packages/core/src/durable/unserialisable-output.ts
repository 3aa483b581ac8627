import { TerminalError } from '@restatedev/restate-sdk';
import { ERROR_METADATA } from '../invocation/error-mapping.js';

/** `Symbol.observable`, which libraries add where it is missing. RxJS uses this name until then. */
const OBSERVABLE = (Symbol as { readonly observable?: symbol }).observable ?? '@@observable';

/**
 * Refuses what a handler cannot answer with, since JSON has `{}` or its internals instead: something that is yet to be
 * read or called. What has `toJSON` says itself what it is in JSON.
 *
 * @throws TerminalError (500, `REA7080`)
 */
export function refuseUnserialisable(output: unknown, what: string): void {
  if (typeof output !== 'function' && typeof output !== 'symbol') {
    if (typeof output !== 'object' || output === null) return;
    const prototype: unknown = Object.getPrototypeOf(output);
    if (prototype === Object.prototype || prototype === Array.prototype) return;
  }
  const name = nameOf(output);
  if (name === undefined) return;
  throw new TerminalError(
    `REA7080: ${what} is ${name}, which cannot be journaled. Collect it and return plain data, or a reference to where the data is.`,
    { errorCode: 500, metadata: { [ERROR_METADATA.code]: 'REA7080' } },
  );
}

function nameOf(output: symbol | object): string | undefined {
  if (typeof output === 'symbol') return 'a symbol';
  if (typeof output === 'function') return 'a function';
  const has = (...methods: (string | symbol)[]) =>
    methods.every((method) => typeof Reflect.get(output, method) === 'function');
  if (has('toJSON')) return undefined;
  if (has('subscribe', 'pipe') || has(OBSERVABLE)) return 'an Observable';
  if (has('getStream')) return 'a file of a stream';
  if (has('arrayBuffer', 'json')) return 'an HTTP message';
  if (has('pipe', 'on') || has('getReader') || has('getWriter')) return 'a stream';
  if (has(Symbol.asyncIterator)) return 'an async iterator';
  return has('next', Symbol.iterator) ? 'an iterator' : undefined;
}
