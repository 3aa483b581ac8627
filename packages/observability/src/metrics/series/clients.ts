import { SECONDS } from '../buckets.js';
import { HANDLER, HANDLER_AND_PLANE, type Recorder } from './recorder.js';

/** What handlers ask of each other, and what controllers ask of handlers. */
export const recordClients: Recorder = (metrics, events) => {
  const calls = metrics.counter({
    name: 'rea_client_calls_total',
    help: 'Calls and messages of durable clients in handlers, by caller and target.',
    labels: [...HANDLER_AND_PLANE, 'target_service', 'target_handler', 'verb'],
  });
  const requests = metrics.counter({
    name: 'rea_ingress_requests_total',
    help: 'Requests of ingress clients that ended, by target and outcome.',
    labels: [...HANDLER, 'verb', 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'rea_ingress_request_duration_seconds',
    help: 'Time of ingress requests, the wait for the handler included.',
    labels: [...HANDLER, 'verb', 'outcome'],
    buckets: SECONDS,
  });
  const keys = metrics.counter({
    name: 'rea_ingress_writes_total',
    help: 'Ingress requests to handlers that write, by what became of the idempotency key.',
    labels: [...HANDLER, 'idempotency_key'],
  });
  const duplicates = metrics.counter({
    name: 'rea_ingress_duplicates_total',
    help: 'Messages that the server knew already by idempotency key or workflow id, and did not run again.',
    labels: HANDLER,
  });
  return [
    events.on('client-called', ({ service, handler, plane, verb, target }) =>
      calls.inc({
        service,
        handler,
        plane,
        target_service: target.service,
        target_handler: target.handler,
        verb,
      }),
    ),
    events.on('ingress-called', ({ service, handler, verb, outcome, durationMs, idempotencyKey, duplicate }) => {
      requests.inc({ service, handler, verb, outcome });
      duration.observe({ service, handler, verb, outcome }, durationMs / 1_000);
      if (idempotencyKey) keys.inc({ service, handler, idempotency_key: idempotencyKey });
      if (duplicate) duplicates.inc({ service, handler });
    }),
  ];
};
