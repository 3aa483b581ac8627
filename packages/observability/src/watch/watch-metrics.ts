import type { MetricRegistry } from '../metrics/metric-registry.js';
import type { PausedCount } from './paused-invocations.js';

/** What is measured of what the server is asked for. */
export type WatchMetrics = ReturnType<typeof watchMetrics>;

/** The series that come from looks at the server, alike in every process: aggregate them with `max`, not with `sum`. */
export function watchMetrics(metrics: MetricRegistry) {
  return {
    paused: metrics.gauge({
      name: 'rea_invocations_paused',
      help: 'Invocations that wait for an operator, by the last look; the same in every process.',
      labels: ['service', 'handler'],
    }),
    deadLetters: metrics.gauge({
      name: 'rea_dead_letters_open',
      help: 'Dead letters that are open, by the last look; the same in every process.',
      labels: [],
    }),
    failures: metrics.counter({
      name: 'rea_watch_failures_total',
      help: 'Looks at the server that failed; paused invocations or dead letters are not known meanwhile.',
      labels: [],
    }),
  };
}

/** Measures what one look has found, each by itself: what could not be asked for has no series until it is known again. */
export function measureWatched(
  { paused, deadLetters }: WatchMetrics,
  counts: PromiseSettledResult<readonly PausedCount[] | undefined>,
  open: PromiseSettledResult<number | undefined>,
): void {
  paused.reset();
  if (counts.status === 'fulfilled') {
    for (const { count, ...labels } of counts.value ?? []) paused.set(labels, count);
  }
  if (open.status === 'rejected') deadLetters.remove();
  else if (open.value !== undefined) deadLetters.set(open.value);
}
