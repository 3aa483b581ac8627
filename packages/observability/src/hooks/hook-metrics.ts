import type { MetricRegistry } from '../metrics/metric-registry.js';

/** What is counted of hooks. */
export type HookMetrics = ReturnType<typeof hookMetrics>;

/** The series of hooks. */
export function hookMetrics(metrics: MetricRegistry) {
  return {
    events: metrics.counter({
      name: 'rea_hook_events_total',
      help: 'Events for hooks, by what became of them.',
      labels: ['hook', 'outcome'],
    }),
    blocked: metrics.counter({
      name: 'rea_hook_blocked_total',
      help: 'Times that a hook blocked the event loop for more than 50 ms.',
      labels: ['hook'],
    }),
  };
}
