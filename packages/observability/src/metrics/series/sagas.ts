import { HANDLER, type Recorder } from './recorder.js';

/** Sagas, their steps and compensations. Names of sagas and steps are no labels: code may make them of anything. */
export const recordSagas: Recorder = (metrics, events) => {
  const started = metrics.counter({ name: 'rea_sagas_started_total', help: 'Sagas that began.', labels: HANDLER });
  const ended = metrics.counter({
    name: 'rea_sagas_total',
    help: 'Sagas that ended, by how.',
    labels: [...HANDLER, 'outcome'],
  });
  const steps = metrics.counter({
    name: 'rea_saga_steps_total',
    help: 'Steps of sagas that ended, by outcome.',
    labels: [...HANDLER, 'outcome'],
  });
  const stepRetries = metrics.counter({
    name: 'rea_saga_step_retries_total',
    help: 'Failed tries of steps after a pivot, which are tried again.',
    labels: HANDLER,
  });
  const rollbacks = metrics.counter({
    name: 'rea_saga_rollbacks_total',
    help: 'Rollbacks that began, by cause.',
    labels: [...HANDLER, 'cause'],
  });
  const compensations = metrics.counter({
    name: 'rea_compensations_total',
    help: 'Compensations that ended, by outcome.',
    labels: [...HANDLER, 'outcome'],
  });
  const failures = metrics.counter({
    name: 'rea_compensation_failures_total',
    help: 'Failed tries of compensations.',
    labels: HANDLER,
  });
  const killed = metrics.counter({
    name: 'rea_sagas_killed_total',
    help: 'Handlers with sagas that died without answering, by whether a rollback was started.',
    labels: [...HANDLER, 'rollback'],
  });
  return [
    events.on('saga-started', ({ service, handler }) => started.inc({ service, handler })),
    events.on('saga-ended', ({ service, handler, status }) => ended.inc({ service, handler, outcome: status })),
    events.on('saga-step-ended', ({ service, handler, outcome }) => steps.inc({ service, handler, outcome })),
    events.on('saga-step-retried', ({ service, handler }) => stepRetries.inc({ service, handler })),
    events.on('saga-rolling-back', ({ service, handler, cause }) => rollbacks.inc({ service, handler, cause })),
    events.on('compensation-ended', ({ service, handler, outcome }) =>
      compensations.inc({ service, handler, outcome }),
    ),
    events.on('compensation-failed', ({ service, handler }) => failures.inc({ service, handler })),
    events.on('saga-killed', ({ service, handler, rollback }) => killed.inc({ service, handler, rollback })),
  ];
};
