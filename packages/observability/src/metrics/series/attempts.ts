import { SECONDS } from '../buckets.js';
import { HANDLER_AND_PLANE, type Recorder } from './recorder.js';

/** Attempts: what an invocation takes. A suspension is an outcome of its own, and no error. */
export const recordAttempts: Recorder = (metrics, events) => {
  const attempts = metrics.counter({
    name: 'rea_attempts_total',
    help: 'Attempts that ended, by outcome.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'rea_attempt_duration_seconds',
    help: 'Time of one attempt.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
    buckets: SECONDS,
  });
  const active = metrics.upDownCounter({
    name: 'rea_attempts_active',
    help: 'Attempts that run now.',
    labels: HANDLER_AND_PLANE,
  });
  const replays = metrics.counter({
    name: 'rea_replays_total',
    help: 'Attempts that began by replaying a journal, after a suspension or a failure.',
    labels: HANDLER_AND_PLANE,
  });
  const errors = metrics.counter({
    name: 'rea_errors_total',
    help: 'Attempts that ended with an error, terminal or retryable.',
    labels: [...HANDLER_AND_PLANE, 'kind'],
  });
  return [
    events.on('attempt-started', ({ service, handler, plane, replaying }) => {
      active.inc({ service, handler, plane });
      if (replaying) replays.inc({ service, handler, plane });
    }),
    events.on('attempt-ended', ({ service, handler, plane, outcome, durationMs }) => {
      active.inc({ service, handler, plane }, -1);
      const labels = { service, handler, plane, outcome };
      attempts.inc(labels);
      duration.observe(labels, durationMs / 1_000);
    }),
    events.on('error', ({ service, handler, plane, retryable }) =>
      errors.inc({ service, handler, plane, kind: retryable ? 'retryable' : 'terminal' }),
    ),
  ];
};
