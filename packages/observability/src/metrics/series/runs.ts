import { SECONDS } from '../buckets.js';
import { HANDLER_AND_PLANE, type Recorder } from './recorder.js';

/** Side effects. */
export const recordRuns: Recorder = (metrics, events) => {
  const runs = metrics.counter({
    name: 'rea_runs_total',
    help: 'Tries of run closures that ended, by outcome.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'rea_run_duration_seconds',
    help: 'Time of one try of a run closure.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
    buckets: SECONDS,
  });
  return [
    events.on('run-ended', ({ service, handler, plane, outcome, durationMs }) => {
      const labels = { service, handler, plane, outcome };
      runs.inc(labels);
      duration.observe(labels, durationMs / 1_000);
    }),
  ];
};
