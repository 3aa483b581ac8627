import { BYTES } from '../buckets.js';
import { HANDLER_AND_PLANE, type Recorder } from './recorder.js';

/** State of objects and workflows. */
export const recordState: Recorder = (metrics, events) => {
  const operations = metrics.counter({
    name: 'rea_state_operations_total',
    help: 'Reads, writes and clears of state by handlers.',
    labels: [...HANDLER_AND_PLANE, 'operation'],
  });
  const size = metrics.histogram({
    name: 'rea_state_value_bytes',
    help: 'Size of state values that were written.',
    labels: HANDLER_AND_PLANE,
    buckets: BYTES,
  });
  return [
    events.on('state-get', ({ service, handler, plane }) =>
      operations.inc({ service, handler, plane, operation: 'get' }),
    ),
    events.on('state-set', ({ service, handler, plane, bytes }) => {
      operations.inc({ service, handler, plane, operation: 'set' });
      size.observe({ service, handler, plane }, bytes);
    }),
    events.on('state-cleared', ({ service, handler, plane }) =>
      operations.inc({ service, handler, plane, operation: 'clear' }),
    ),
  ];
};
