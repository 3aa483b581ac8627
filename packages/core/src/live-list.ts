/**
 * A list with entries that are looked up each time it is iterated. Nest iterates a module's providers and exports after
 * all imports have been evaluated, so what decorators register by then is in the list, in whatever order files load.
 */
export function liveList<T>(fixed: readonly T[], live: () => Iterable<T>): T[] {
  return Object.defineProperty([...fixed], Symbol.iterator, {
    *value() {
      yield* fixed;
      yield* live();
    },
  });
}
