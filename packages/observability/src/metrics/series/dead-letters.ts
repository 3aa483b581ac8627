import type { Recorder } from './recorder.js';

/** Dead letters as they come and go; how many there are is asked for at intervals. */
export const recordDeadLetters: Recorder = (metrics, events) => {
  const added = metrics.counter({
    name: 'rea_dead_letters_added_total',
    help: 'Dead letters that were stored.',
    labels: ['service', 'kind'],
  });
  const changes = metrics.counter({
    name: 'rea_dead_letter_changes_total',
    help: 'What operators did with dead letters.',
    labels: ['service', 'action'],
  });
  return [
    events.on('dead-letter-added', ({ service, kind }) => added.inc({ service, kind })),
    events.on('dead-letter-changed', ({ service, action }) => changes.inc({ service, action })),
  ];
};
