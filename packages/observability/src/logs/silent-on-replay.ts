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
    writers[level] = function (this: unknown, ...args) {
      if (isLive()) write.apply(this, args);
    };
  }
  const child = logger.child.bind(logger) as (...args: unknown[]) => T;
  (logger as { child: unknown }).child = (...args: unknown[]) => silentOnReplay(child(...args), isLive);
  return logger;
}
