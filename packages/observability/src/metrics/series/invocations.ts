import { LONG_SECONDS } from '../buckets.js';
import { HANDLER_AND_PLANE, type Recorder } from './recorder.js';

/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_UNFINISHED = 10_000;

/** Invocations: each counts once, however many attempts it takes. */
export const recordInvocations: Recorder = (metrics, events) => {
  const started = metrics.counter({
    name: 'rea_invocations_started_total',
    help: 'Invocations that ran for the first time.',
    labels: HANDLER_AND_PLANE,
  });
  const ended = metrics.counter({
    name: 'rea_invocations_total',
    help: 'Invocations that ended, by outcome. One that is killed counts as a cut attempt only.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'rea_invocation_duration_seconds',
    help: 'Time from the first attempt to the end, waits included, of invocations that began and ended in this process.',
    labels: [...HANDLER_AND_PLANE, 'outcome'],
    buckets: LONG_SECONDS,
  });
  const messages = metrics.counter({
    name: 'rea_messages_failed_total',
    help: 'Messages that were sent one way and failed for good, so that nobody gets their errors.',
    labels: HANDLER_AND_PLANE,
  });
  const begun = new Map<string, number>();
  return [
    events.on('invocation-started', ({ invocationId, service, handler, plane }) => {
      started.inc({ service, handler, plane });
      begun.set(invocationId, performance.now());
      if (begun.size > MOST_UNFINISHED) for (const oldest of begun.keys()) return void begun.delete(oldest);
    }),
    events.on('invocation-ended', ({ invocationId, service, handler, plane, outcome }) => {
      const labels = { service, handler, plane, outcome };
      ended.inc(labels);
      const startedAt = begun.get(invocationId);
      if (startedAt === undefined) return;
      begun.delete(invocationId);
      duration.observe(labels, (performance.now() - startedAt) / 1_000);
    }),
    events.on('message-failed', ({ service, handler, plane }) => messages.inc({ service, handler, plane })),
  ];
};
