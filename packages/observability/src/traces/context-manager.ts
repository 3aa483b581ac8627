import { EventEmitter } from 'node:events';
import { type Context, type ContextManager, context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { Ambient, type AmbientValue } from '@rea/core/ambient';

const ambient = new Ambient<Context | undefined>();

/** What is active while a synchronous function is called, in place of what the calling code is within. */
let instead: Context | undefined;

const PROBE = ROOT_CONTEXT.setValue(createContextKey('rea.probe'), true);

/** Whether OpenTelemetry asks a {@link ReaContextManager}; undefined until that is known. */
let isAsked: boolean | undefined;

/**
 * The context manager that keeps OpenTelemetry's contexts where Rea keeps its own. It does what OpenTelemetry's
 * `AsyncLocalStorageContextManager` does, with which traces are the same; but there, what the code is within is made anew
 * for each span, which is much of what a span costs. After {@link with} every `AsyncLocalStorage` is as it was before, also
 * one that was entered (`enterWith`) meanwhile.
 *
 * @example
 * ```ts
 * new NodeSDK({ contextManager: new ReaContextManager(), idGenerator: new ReaIdGenerator() }).start();
 * ```
 */
export class ReaContextManager implements ContextManager {
  active(): Context {
    return instead ?? ambient.current ?? ROOT_CONTEXT;
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    within: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return callInstead(undefined, () => ambient.run(within, () => fn.call(thisArg as never, ...args)));
  }

  /** A function that is called within a context wherever it is called, or an emitter whose listeners are. */
  bind<T>(within: Context, target: T): T {
    if (target instanceof EventEmitter) {
      const emit = target.emit.bind(target) as (...event: unknown[]) => boolean;
      target.emit = (...event: unknown[]) => this.with(within, emit, undefined, ...event);
      return target;
    }
    if (typeof target !== 'function') return target;
    const call = (self: unknown, args: unknown[]) =>
      this.with(within, target as unknown as (...args: unknown[]) => unknown, self, ...args);
    const bound = function (this: unknown, ...args: unknown[]) {
      return call(this, args);
    };
    // Express tells its error handlers by it.
    return Object.defineProperty(bound, 'length', { value: target.length }) as T;
  }

  /**
   * Puts the calling code within a context, until it is put back: for what {@link with} cannot be around. Called in an
   * `async` function before its first `await`, it also holds for who has called that.
   */
  attach(within: Context): { dispose(): void } {
    const outer = ambient.current;
    ambient.enter(within);
    let isBack = false;
    const dispose = () => {
      if (!isBack) ambient.enter(outer);
      isBack = true;
    };
    return { dispose };
  }

  enable(): this {
    isAsked = undefined;
    return this;
  }

  disable(): this {
    isAsked = undefined;
    return this;
  }
}

/** A context as what a task may be put within; undefined where another manager than Rea's is asked for the active one. */
export function ambientValue(within: Context): AmbientValue | undefined {
  return isReaAsked() ? ambient.valued(within) : undefined;
}

/** Calls a function within a context. @param fn synchronous: nothing that it starts is in the context afterwards */
export function callWithin<T>(within: Context, fn: () => T): T {
  return isReaAsked() ? callInstead(within, fn) : context.with(within, fn);
}

function callInstead<T>(active: Context | undefined, fn: () => T): T {
  const outer = instead;
  instead = active;
  try {
    return fn();
  } finally {
    instead = outer;
  }
}

/** Which manager is the global one cannot be read. */
function isReaAsked(): boolean {
  return (isAsked ??= context.with(PROBE, () => ambient.current === PROBE));
}
