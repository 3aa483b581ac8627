import { CancelledError, type RestatePromise, type TerminalError } from '@restatedev/restate-sdk';

const HOOKS = Symbol('rea.cancel-hooks');

/** Told why nobody waits for a future any more. */
type Hook = (reason: TerminalError) => void;

interface Cancellable extends Pick<RestatePromise<unknown>, 'map'> {
  /** The SDK calls this on the promise that is being awaited when the invocation is cancelled. */
  tryCancel?: () => void;
  [HOOKS]?: Hook[];
}

/**
 * Calls back when a cancellation or a deadline reaches an await of this future, before the handler sees it. The SDK tells
 * nobody but the awaiting code, while the closure of a run goes on.
 */
export function onCancel<T>(future: RestatePromise<T>, hook: Hook): RestatePromise<T> {
  const cancellable = future as Cancellable;
  const hooks = cancellable[HOOKS];
  if (hooks) {
    hooks.push(hook);
    return future;
  }
  const { tryCancel, map } = cancellable;
  cancellable[HOOKS] = [hook];
  const own = {
    tryCancel: () => {
      tellOfEnd(future, new CancelledError());
      tryCancel?.call(future);
    },
    map: <U>(mapper: (value?: unknown, failure?: TerminalError) => U) =>
      passCancelOn(map.call(future, mapper) as RestatePromise<U>, [future]),
  };
  // Not assigned as they are written: V8 would make them in the old space, and keep what they refer to, which is the
  // attempt, until its next full collection.
  cancellable.tryCancel = own.tryCancel;
  cancellable.map = own.map;
  return future;
}

/** Makes a cancellation of a combination known to the futures that it was made of. */
export function passCancelOn<T>(
  combined: RestatePromise<T>,
  parts: readonly RestatePromise<unknown>[],
): RestatePromise<T> {
  const hooks = parts.flatMap((part) => (part as Cancellable)[HOOKS] ?? []);
  if (hooks.length === 0) return combined;
  return onCancel(combined, (reason) => {
    for (const hook of hooks) hook(reason);
  });
}

/** Tells whom it concerns that a future is not waited for any more. */
export function tellOfEnd(future: RestatePromise<unknown>, reason: TerminalError): void {
  for (const hook of (future as Cancellable)[HOOKS] ?? []) hook(reason);
}
