import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { guardedDate } from './guarded-date.js';
import type { Callable } from './observe.js';
import { watch } from './watch.js';

/** The functions that give another value, or another moment, on each replay: where they live, and how reports name them. */
const WATCHED: readonly (readonly [owner: object, names: readonly string[], prefix: string])[] = [
  [Date, ['now'], 'Date.'],
  [Object.getPrototypeOf(performance), ['now'], 'performance.'],
  [process.hrtime, ['bigint'], 'process.hrtime.'],
  [process, ['hrtime'], 'process.'],
  [Math, ['random'], 'Math.'],
  [Object.getPrototypeOf(globalThis.crypto), ['randomUUID', 'getRandomValues'], 'crypto.'],
  [crypto, ['randomUUID', 'randomBytes', 'randomInt', 'randomFill', 'randomFillSync'], 'crypto.'],
  [globalThis, ['fetch', 'setTimeout', 'setInterval', 'setImmediate'], ''],
  [timers, ['setTimeout', 'setInterval', 'setImmediate'], ''],
  [timersPromises, ['setTimeout', 'setInterval', 'setImmediate'], 'timers/promises '],
  [Object.getPrototypeOf(timersPromises.scheduler), ['wait', 'yield'], 'scheduler.'],
];

let uninstall: (() => void) | undefined;

/**
 * Makes clocks, randomness, timers and `fetch` report their use in a handler outside `run` to the policy, as
 * `determinism`. For tests and setup files; an application loads it before everything else instead, since what has
 * taken a reference to one of these functions earlier goes unseen: `node --import @rea/core/determinism-guard`.
 *
 * @returns what takes the guard out again; what has been replaced since, such as by fake timers, is left alone
 */
export function installDeterminismGuard(): () => void {
  uninstall ??= install();
  return () => uninstall?.();
}

function install(): () => void {
  const undo: (() => void)[] = [];
  const watchedBy = new Map<Callable, Callable>();
  const replace = (owner: object, name: string, value: unknown) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name);
    if (!descriptor?.configurable) return;
    Object.defineProperty(owner, name, { ...descriptor, value });
    undo.unshift(() => {
      if (Reflect.get(owner, name) === value) Object.defineProperty(owner, name, descriptor);
    });
  };

  for (const [owner, names, prefix] of WATCHED) {
    for (const name of names) {
      const original = Reflect.get(owner, name) as Callable;
      let watched = watchedBy.get(original);
      if (!watched) watchedBy.set(original, (watched = watch(original, `${prefix}${name}()`)));
      replace(owner, name, watched);
    }
  }
  const Guarded = guardedDate(Date);
  replace(Date.prototype, 'constructor', Guarded);
  replace(globalThis, 'Date', Guarded);
  syncBuiltinESMExports();

  return () => {
    for (const step of undo) step();
    syncBuiltinESMExports();
    uninstall = undefined;
  };
}
