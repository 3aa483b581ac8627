import type { Logger } from 'pino';

type Write = (...args: unknown[]) => void;

/**
 * Silences a logger, and those made from it, while an attempt replays: what it would say was said before. It is changed in
 * place.
 */
export function silentOnReplay<T extends Logger>(logger: T, isLive: () => boolean): T {
  const writers = logger as unknown as Record<string, Write>;
  for (const level of Object.keys(logger.levels.values)) {
    const write = writers[level]!;
    const writeLive: Write = function (this: unknown, ...args) {
      if (isLive()) write.apply(this, args);
    };
    // Not assigned as they are written: V8 would make them in the old space, and keep the attempt until its next full
    // collection.
    writers[level] = writeLive;
  }
  const child = logger.child.bind(logger) as (...args: unknown[]) => T;
  const silentChild = (...args: unknown[]) => silentOnReplay(child(...args), isLive);
  (logger as { child: unknown }).child = silentChild;
  return logger;
}
