import { CancelledError, type RestatePromise, type TerminalError } from '@restatedev/restate-sdk';
import { classToChange } from './class-with.js';

const HOOKS = Symbol('rea.cancel-hooks');

/** On the classes that are followed. */
const FOLLOWED = Symbol('rea.follows-cancel');

/** Told why nobody waits for a future any more. */
interface Hook {
  cancel(reason: TerminalError): void;
}

interface Cancellable extends Pick<RestatePromise<unknown>, 'map'> {
  [HOOKS]?: Hook[];
  readonly [FOLLOWED]?: true;
}

/** How the SDK keeps the outcome of a future. */
interface Published {
  publicPromise(): Promise<unknown>;
}

/** Classes of the SDK's futures. */
interface FutureClass {
  /** The SDK calls this on the promise that is being awaited when the invocation is cancelled. */
  tryCancel(this: Cancellable, ...args: unknown[]): void;
  map<U>(this: Cancellable, mapper: (value?: unknown, failure?: TerminalError) => U): RestatePromise<U>;
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
  } else {
    cancellable[HOOKS] = [hook];
    if (!cancellable[FOLLOWED]) followClassOf(cancellable);
  }
  return future;
}

/** The class is changed, once, and not each future: that would cost every run the making of two functions. */
function followClassOf(future: Cancellable): void {
  const owner = classToChange<FutureClass>('tryCancel', future, FOLLOWED);
  if (!owner) return;
  const tryCancel: FutureClass['tryCancel'] = Reflect.get(owner, 'tryCancel');
  const map: FutureClass['map'] = Reflect.get(owner, 'map');
  owner.tryCancel = function (...args) {
    if (this[HOOKS]) tellOfEnd(this, new CancelledError());
    tryCancel.apply(this, args);
  };
  owner.map = function (mapper) {
    const mapped = map.call(this, mapper);
    return (this[HOOKS] ? passCancelOn(mapped, [this]) : mapped) as never;
  };
}

/**
 * Makes a cancellation of a combination known to the futures that it was made of. One that nobody awaits fails in silence
 * when a part of it fails, as one future does: Node would end the process.
 */
export function passCancelOn<T>(combined: RestatePromise<T>, parts: readonly Cancellable[]): RestatePromise<T> {
  if ('childs' in combined) (combined as unknown as Published).publicPromise().catch(() => undefined);
  const hooks = parts.flatMap((part) => part[HOOKS] ?? []);
  if (hooks.length === 0) return combined;
  return onCancel(combined, {
    cancel: (reason) => {
      for (const hook of hooks) hook.cancel(reason);
    },
  });
}

/** Tells whom it concerns that a future is not waited for any more. */
export function tellOfEnd(future: Cancellable, reason: TerminalError): void {
  for (const hook of future[HOOKS] ?? []) hook.cancel(reason);
}
