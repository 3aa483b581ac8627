import type { Rule, RuleId } from './policy.types.js';

/** Every guardrail, by id. */
export const RULES: { readonly [Id in RuleId]: Rule & { readonly id: Id } } = {
  'context-in-run': {
    id: 'context-in-run',
    code: 'REA2001',
    severity: 'unsafe',
    catches:
      'The durable context was used inside a run closure (or a guard); a replay skips it, so the journal would no longer match.',
    cure: 'Use the context before or after the run, and pass plain values into the closure.',
  },
  'shared-write': {
    id: 'shared-write',
    code: 'REA2002',
    severity: 'unsafe',
    catches:
      'State was written from a shared handler; shared handlers run beside the exclusive one, so the server refuses the write, and the attempt would be retried for ever.',
    cure: 'Write state in an exclusive handler (@Handler), and keep shared handlers read-only.',
  },
  'missing-key': {
    id: 'missing-key',
    code: 'REA2003',
    severity: 'advisory',
    catches:
      'A write went through the ingress without an idempotency key; a retried HTTP request would run the handler twice.',
    cure: 'Pass { idempotencyKey } that is stable for the user action, or { idempotencyKey: false } if running twice is fine.',
  },
  determinism: {
    id: 'determinism',
    code: 'REA2004',
    severity: 'advisory',
    catches:
      'A handler read a clock or randomness, started a timer or used the network outside a run; a replay would get something else there, and may no longer match the journal.',
    cure: 'Use ctx.date.now() for time, ctx.rand for randomness, ctx.sleep() to wait, and run(ctx, ...) for everything else; allowNondeterminism(fn) exempts a use that nothing durable depends on.',
  },
  'ingress-in-handler': {
    id: 'ingress-in-handler',
    code: 'REA2005',
    severity: 'unsafe',
    catches:
      'An ingress client was used in a handler; it bypasses the journal, so each replay would send the request again.',
    cure: 'Use the durable client, @InjectClient, in handlers.',
  },
  'redundant-key': {
    id: 'redundant-key',
    code: 'REA2006',
    severity: 'advisory',
    catches:
      'A call inside a handler has an idempotency key; the journal makes the call once already, and the key makes Restate keep its result for a day.',
    cure: 'Leave the key out. If other invocations make the same call, say so: { idempotencyKey, crossInvocation: true }.',
  },
  'submit-key': {
    id: 'submit-key',
    code: 'REA2007',
    severity: 'unsafe',
    catches:
      'A workflow was submitted with an idempotency key; its id is its key, and two keys for one thing can disagree.',
    cure: 'Leave the key out: submitting the same id twice starts the workflow once.',
  },
  'weak-key': {
    id: 'weak-key',
    code: 'REA2008',
    severity: 'advisory',
    catches:
      'An idempotency key is malformed, or looks as if it changed from try to try (a time, a date, a random id), so it would recognise nothing.',
    cure: 'Build the key from what identifies the action: idempotencyKey("charge", orderId).',
  },
  plane: {
    id: 'plane',
    code: 'REA2009',
    severity: 'advisory',
    catches:
      'A handler does what its declared plane does not: control coordinates and has no side effects, data does the work and orchestrates nothing.',
    cure: 'Move the operation to a component of the other plane and call that, or drop the declared plane.',
  },
  'blocking-exclusive': {
    id: 'blocking-exclusive',
    code: 'REA2012',
    severity: 'advisory',
    catches: 'An exclusive object handler waits for long; every other exclusive call of this object queues behind it.',
    cure: 'Send a delayed message to the object itself, or wait in a workflow or a service.',
  },
  'self-call': {
    id: 'self-call',
    code: 'REA2013',
    severity: 'unsafe',
    catches:
      'An object awaits a call to itself, perhaps through others; it would wait for ever for the lock that it holds.',
    cure: 'Send a one-way message instead, or call a method of the class directly.',
  },
  'large-value': {
    id: 'large-value',
    code: 'REA2014',
    severity: 'advisory',
    catches: 'A value for the journal is large; it is sent again on each replay.',
    cure: 'Store the data elsewhere and journal a reference, or raise limits.warnBytes.',
  },
  'oversize-value': {
    id: 'oversize-value',
    code: 'REA2015',
    severity: 'unsafe',
    catches: 'A value for the journal is too large; beyond 32 MiB the invocation would be retried for ever.',
    cure: 'Store the data elsewhere and journal a reference, or raise limits.maxBytes.',
  },
  'workflow-retention': {
    id: 'workflow-retention',
    code: 'REA2016',
    severity: 'advisory',
    catches: 'A workflow has no explicit retention; its result, state and id are forgotten 24 hours after it ends.',
    cure: "Set it: @Workflow({ retention: 'standard' }) or @Workflow({ workflowRetention: { days: 30 } }).",
  },
  'native-promise': {
    id: 'native-promise',
    code: 'REA2017',
    severity: 'unsafe',
    catches:
      'Native code (Promise.all, Promise.race, async functions side by side) waits for two durable futures at once; the SDK waits for one at a time and aborts the attempt, so that calls get on only by retries, and runs are repeated without end.',
    cure: 'Use all(ctx, [...]) or race(ctx, [...]) for futures, parallel(ctx, [...]) for async functions, or await one after the other.',
  },
  'saga-unregistered': {
    id: 'saga-unregistered',
    code: 'REA2030',
    severity: 'unsafe',
    catches: 'A saga step names a compensation that the application does not have; its action could not be undone.',
    cure: 'Provide the class with that @Compensation, or correct the name; compensationKey() lets the compiler check it.',
  },
  'saga-late-compensation': {
    id: 'saga-late-compensation',
    code: 'REA2031',
    severity: 'unsafe',
    catches:
      "A saga step's action was started before the step, hence before its compensation was registered; a crash in between would leave it done for good.",
    cure: 'Start it inside: action: () => this.payments.call.charge(input).',
  },
  'saga-step-reused': {
    id: 'saga-step-reused',
    code: 'REA2032',
    severity: 'unsafe',
    catches: 'A saga has two steps of one name; their idempotency keys and dead letters would be one.',
    cure: 'Give each a name of its own, in a loop with what it works on: step(`reserve-${sku}`, ...).',
  },
  'saga-many-steps': {
    id: 'saga-many-steps',
    code: 'REA2033',
    severity: 'advisory',
    catches: 'A saga has many steps; each replay runs them all again, and a rollback takes long.',
    cure: 'Let a service or a nested workflow do several of them as one step.',
  },
  'saga-too-many-steps': {
    id: 'saga-too-many-steps',
    code: 'REA2034',
    severity: 'unsafe',
    catches: 'A saga has too many steps to be rolled back in reasonable time.',
    cure: 'Split it: let other handlers do parts of it, each as one step here.',
  },
  'saga-kill-policy': {
    id: 'saga-kill-policy',
    code: 'REA2035',
    severity: 'advisory',
    catches: 'A handler with sagas is killed when its retries are used up; a killed handler runs no compensation.',
    cure: "Pause it instead, retryPolicy: { onMaxAttempts: 'pause' }: a paused saga can be resumed, or cancelled and rolled back.",
  },
  'secret-header': {
    id: 'secret-header',
    code: 'REA2040',
    severity: 'advisory',
    catches: 'A call has a header that usually holds a secret; Restate keeps it in the journals of both handlers.',
    cure: "Let the called handler get the secret itself, or say that it is none: { allowSecretHeaders: ['cookie'] }.",
  },
  unawaited: {
    id: 'unawaited',
    code: 'REA2050',
    severity: 'unsafe',
    catches:
      'A handler, a branch or a saga returned while something that it had started was not done, and nobody awaited it; what has not ended by then may never happen, or only in part.',
    cure: 'Await it: for ... of in place of forEach(async), all() or parallel() for several at once, a one-way message for what need not be waited for.',
  },
  'unawaited-call': {
    id: 'unawaited-call',
    code: 'REA2051',
    severity: 'advisory',
    catches: 'A handler made a call and returned without its answer; the call goes on, and its failure is lost.',
    cure: 'Await the call, or send a message in place of it: client.send.charge(input).',
  },
  'lossy-value': {
    id: 'lossy-value',
    code: 'REA2064',
    severity: 'advisory',
    catches:
      'JSON does not keep a part of a value for the journal: a Map or a Set becomes {}, NaN and undefined in an array become null, a function is dropped, and an instance loses its methods.',
    cure: 'Write plain data: Object.fromEntries(map), [...set], the fields that are needed; or give a serde, or a schema with a codec.',
  },
  'unvalidated-input': {
    id: 'unvalidated-input',
    code: 'REA2068',
    severity: 'advisory',
    catches:
      'A handler takes a class that declares how it is validated, and nothing validates it: the handler is given whatever was sent, as a plain object.',
    cure: 'Declare it, @Handler({ input: AddItem }), or give the handler a ValidationPipe.',
  },
  'mangled-name': {
    id: 'mangled-name',
    code: 'REA2069',
    severity: 'advisory',
    catches:
      'A component has the name of its class, and that looks as if a minifier had made it; the next build may give it to another class, whose calls and in-flight invocations it then takes.',
    cure: "Name the component, @Service({ name: 'Payments' }), or have the bundler keep class names.",
  },
  'endpoint-security': {
    id: 'endpoint-security',
    code: 'REA2070',
    severity: 'advisory',
    catches:
      'A request to the endpoint failed a check: its address, its transport, its signature, or that it is new; whoever reaches the endpoint can run handlers.',
    cure: 'If the request was legitimate, correct endpoint.security; if not, keep the endpoint private.',
  },
};

/** Whether a string is the id of a guardrail. */
export function isRuleId(id: string): id is RuleId {
  return Object.hasOwn(RULES, id);
}
