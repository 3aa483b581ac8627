import type { Recorder } from './recorder.js';

/** What was refused or reported. */
export const recordGuardrails: Recorder = (metrics, events) => {
  const violations = metrics.counter({
    name: 'rea_policy_violations_total',
    help: 'Guardrails that fired, by rule, and whether they refused.',
    labels: ['rule', 'refused'],
  });
  const rejections = metrics.counter({
    name: 'rea_security_rejections_total',
    help: 'Requests to the endpoint that failed a security check, by reason, and whether they were refused.',
    labels: ['reason', 'refused'],
  });
  const webhooks = metrics.counter({
    name: 'rea_webhook_rejections_total',
    help: 'Deliveries to signed webhooks that were refused.',
    labels: ['scheme', 'reason'],
  });
  return [
    events.on('violation', ({ rule, refused }) => violations.inc({ rule: rule.id, refused: String(refused) })),
    events.on('security-rejected', ({ reason, refused }) => rejections.inc({ reason, refused: String(refused) })),
    events.on('webhook-rejected', ({ scheme, reason }) => webhooks.inc({ scheme, reason })),
  ];
};
