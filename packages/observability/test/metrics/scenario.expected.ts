/**
 * What the scenario counts, as it stands in the scrape, worked out from its handlers. Durations count as their totals do;
 * see `expectedSamples`.
 */
const COUNTED = `
rea_invocations_started_total{service="Play",handler="succeeds",plane="data"} 2
rea_invocations_started_total{service="Play",handler="fails",plane="data"} 1
rea_invocations_started_total{service="Play",handler="failsTwice",plane="data"} 1
rea_invocations_started_total{service="Play",handler="stumbles",plane="data"} 1
rea_invocations_started_total{service="Play",handler="naps",plane="data"} 1
rea_invocations_started_total{service="Play",handler="isCancelled",plane="data"} 1
rea_invocations_started_total{service="Play",handler="isKilled",plane="data"} 1
rea_invocations_started_total{service="Play",handler="isPaused",plane="data"} 1
rea_invocations_started_total{service="Props",handler="asks",plane="control"} 1
rea_invocations_started_total{service="Props",handler="handles",plane="control"} 1
rea_invocations_started_total{service="Props",handler="holds",plane="control"} 1
rea_invocations_started_total{service="Tour",handler="run",plane="control"} 1
rea_invocations_started_total{service="Acts",handler="completes",plane="data"} 1
rea_invocations_started_total{service="Acts",handler="rollsBack",plane="data"} 1
rea_invocations_started_total{service="Acts",handler="isStuck",plane="data"} 2
rea_invocations_started_total{service="Acts",handler="isKilled",plane="data"} 1

rea_invocations_total{service="Play",handler="succeeds",plane="data",outcome="completed"} 2
rea_invocations_total{service="Play",handler="fails",plane="data",outcome="failed"} 1
rea_invocations_total{service="Play",handler="failsTwice",plane="data",outcome="completed"} 1
rea_invocations_total{service="Play",handler="stumbles",plane="data",outcome="completed"} 1
rea_invocations_total{service="Play",handler="naps",plane="data",outcome="completed"} 1
rea_invocations_total{service="Play",handler="isCancelled",plane="data",outcome="cancelled"} 1
rea_invocations_total{service="Props",handler="asks",plane="control",outcome="completed"} 1
rea_invocations_total{service="Props",handler="handles",plane="control",outcome="completed"} 1
rea_invocations_total{service="Props",handler="holds",plane="control",outcome="completed"} 1
rea_invocations_total{service="Tour",handler="run",plane="control",outcome="completed"} 1
rea_invocations_total{service="Acts",handler="completes",plane="data",outcome="completed"} 1
rea_invocations_total{service="Acts",handler="rollsBack",plane="data",outcome="failed"} 1
rea_invocations_total{service="Acts",handler="isStuck",plane="data",outcome="failed"} 2

rea_attempts_total{service="Play",handler="succeeds",plane="data",outcome="completed"} 2
rea_attempts_total{service="Play",handler="fails",plane="data",outcome="failed"} 1
rea_attempts_total{service="Play",handler="failsTwice",plane="data",outcome="retrying"} 2
rea_attempts_total{service="Play",handler="failsTwice",plane="data",outcome="completed"} 1
rea_attempts_total{service="Play",handler="stumbles",plane="data",outcome="retrying"} 2
rea_attempts_total{service="Play",handler="stumbles",plane="data",outcome="completed"} 1
rea_attempts_total{service="Play",handler="naps",plane="data",outcome="suspended"} 1
rea_attempts_total{service="Play",handler="naps",plane="data",outcome="completed"} 1
rea_attempts_total{service="Play",handler="isCancelled",plane="data",outcome="cancelled"} 1
rea_attempts_total{service="Play",handler="isKilled",plane="data",outcome="cut"} 1
rea_attempts_total{service="Play",handler="isPaused",plane="data",outcome="retrying"} 2
rea_attempts_total{service="Props",handler="asks",plane="control",outcome="retrying"} 1
rea_attempts_total{service="Props",handler="asks",plane="control",outcome="completed"} 1
rea_attempts_total{service="Props",handler="handles",plane="control",outcome="retrying"} 1
rea_attempts_total{service="Props",handler="handles",plane="control",outcome="completed"} 1
rea_attempts_total{service="Props",handler="holds",plane="control",outcome="completed"} 1
rea_attempts_total{service="Tour",handler="run",plane="control",outcome="completed"} 1
rea_attempts_total{service="Acts",handler="completes",plane="data",outcome="retrying"} 1
rea_attempts_total{service="Acts",handler="completes",plane="data",outcome="completed"} 1
rea_attempts_total{service="Acts",handler="rollsBack",plane="data",outcome="failed"} 1
rea_attempts_total{service="Acts",handler="isStuck",plane="data",outcome="failed"} 2
rea_attempts_total{service="Acts",handler="isKilled",plane="data",outcome="cut"} 1

rea_replays_total{service="Play",handler="failsTwice",plane="data"} 2
rea_replays_total{service="Play",handler="stumbles",plane="data"} 2
rea_replays_total{service="Play",handler="naps",plane="data"} 1
rea_replays_total{service="Props",handler="asks",plane="control"} 1
rea_replays_total{service="Props",handler="handles",plane="control"} 1
rea_replays_total{service="Acts",handler="completes",plane="data"} 1

rea_errors_total{service="Play",handler="fails",plane="data",kind="terminal"} 1
rea_errors_total{service="Play",handler="failsTwice",plane="data",kind="retryable"} 2
rea_errors_total{service="Play",handler="stumbles",plane="data",kind="retryable"} 2
rea_errors_total{service="Play",handler="isPaused",plane="data",kind="retryable"} 2
rea_errors_total{service="Props",handler="asks",plane="control",kind="retryable"} 1
rea_errors_total{service="Props",handler="handles",plane="control",kind="retryable"} 1
rea_errors_total{service="Acts",handler="completes",plane="data",kind="retryable"} 1
rea_errors_total{service="Acts",handler="rollsBack",plane="data",kind="terminal"} 1
rea_errors_total{service="Acts",handler="isStuck",plane="data",kind="terminal"} 2

rea_runs_total{service="Play",handler="succeeds",plane="data",outcome="done"} 2
rea_runs_total{service="Play",handler="failsTwice",plane="data",outcome="done"} 1
rea_runs_total{service="Play",handler="stumbles",plane="data",outcome="retrying"} 2
rea_runs_total{service="Play",handler="stumbles",plane="data",outcome="done"} 1
rea_runs_total{service="Play",handler="isKilled",plane="data",outcome="cut"} 1
rea_runs_total{service="Acts",handler="completes",plane="data",outcome="done"} 2
rea_runs_total{service="Acts",handler="completes",plane="data",outcome="failed"} 1
rea_runs_total{service="Acts",handler="rollsBack",plane="data",outcome="done"} 1
rea_runs_total{service="Acts",handler="isStuck",plane="data",outcome="done"} 2
rea_runs_total{service="Acts",handler="isKilled",plane="data",outcome="done"} 1

rea_state_operations_total{service="Props",handler="handles",plane="control",operation="get"} 1
rea_state_operations_total{service="Props",handler="handles",plane="control",operation="set"} 1
rea_state_operations_total{service="Props",handler="handles",plane="control",operation="clear"} 1
rea_state_value_bytes_count{service="Props",handler="handles",plane="control"} 1
rea_state_value_bytes_sum{service="Props",handler="handles",plane="control"} 7

rea_client_calls_total{service="Props",handler="asks",plane="control",target_service="Play",target_handler="succeeds",verb="call"} 1
rea_client_calls_total{service="Props",handler="asks",plane="control",target_service="Props",target_handler="handles",verb="send"} 1

rea_ingress_requests_total{service="Play",handler="succeeds",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Play",handler="succeeds",verb="send",outcome="answered"} 1
rea_ingress_requests_total{service="Play",handler="fails",verb="call",outcome="failed"} 1
rea_ingress_requests_total{service="Play",handler="failsTwice",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Play",handler="stumbles",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Play",handler="naps",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Play",handler="isCancelled",verb="call",outcome="failed"} 1
rea_ingress_requests_total{service="Play",handler="isKilled",verb="call",outcome="failed"} 1
rea_ingress_requests_total{service="Play",handler="isPaused",verb="send",outcome="answered"} 1
rea_ingress_requests_total{service="Props",handler="asks",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Props",handler="holds",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Tour",handler="run",verb="send",outcome="answered"} 1
rea_ingress_requests_total{service="Tour",handler="run",verb="attach",outcome="answered"} 1
rea_ingress_requests_total{service="Acts",handler="completes",verb="call",outcome="answered"} 1
rea_ingress_requests_total{service="Acts",handler="rollsBack",verb="call",outcome="failed"} 1
rea_ingress_requests_total{service="Acts",handler="isStuck",verb="call",outcome="failed"} 2
rea_ingress_requests_total{service="Acts",handler="isKilled",verb="call",outcome="failed"} 1

rea_ingress_writes_total{service="Play",handler="succeeds",idempotency_key="given"} 2
rea_ingress_writes_total{service="Play",handler="fails",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="failsTwice",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="stumbles",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="naps",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="isCancelled",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="isKilled",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Play",handler="isPaused",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Props",handler="asks",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Props",handler="holds",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Acts",handler="completes",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Acts",handler="rollsBack",idempotency_key="waived"} 1
rea_ingress_writes_total{service="Acts",handler="isStuck",idempotency_key="waived"} 2
rea_ingress_writes_total{service="Acts",handler="isKilled",idempotency_key="waived"} 1
rea_ingress_duplicates_total{service="Play",handler="succeeds"} 1

rea_sagas_started_total{service="Acts",handler="completes"} 1
rea_sagas_started_total{service="Acts",handler="rollsBack"} 1
rea_sagas_started_total{service="Acts",handler="isStuck"} 2
rea_sagas_started_total{service="Acts",handler="isKilled"} 1
rea_sagas_total{service="Acts",handler="completes",outcome="completed"} 1
rea_sagas_total{service="Acts",handler="rollsBack",outcome="rolled-back"} 1
rea_sagas_total{service="Acts",handler="isStuck",outcome="incomplete"} 2
rea_saga_steps_total{service="Acts",handler="completes",outcome="done"} 3
rea_saga_steps_total{service="Acts",handler="rollsBack",outcome="done"} 1
rea_saga_steps_total{service="Acts",handler="rollsBack",outcome="failed"} 1
rea_saga_steps_total{service="Acts",handler="isStuck",outcome="done"} 2
rea_saga_steps_total{service="Acts",handler="isKilled",outcome="done"} 1
rea_saga_step_retries_total{service="Acts",handler="completes"} 1
rea_saga_rollbacks_total{service="Acts",handler="rollsBack",cause="error"} 1
rea_saga_rollbacks_total{service="Acts",handler="isStuck",cause="error"} 2
rea_compensations_total{service="Acts",handler="rollsBack",outcome="done"} 1
rea_compensations_total{service="Acts",handler="isStuck",outcome="dead-lettered"} 2
rea_compensation_failures_total{service="Acts",handler="isStuck"} 4
rea_sagas_killed_total{service="Acts",handler="isKilled",rollback="none"} 1

rea_dead_letters_added_total{service="Acts",kind="compensation"} 2
rea_dead_letter_changes_total{service="Acts",action="resolved"} 1
rea_dead_letters_open 1
rea_invocations_paused{service="Play",handler="isPaused"} 1
rea_watch_failures_total 0

rea_policy_violations_total{rule="blocking-exclusive",refused="false"} 1
rea_security_rejections_total{reason="unsigned",refused="true"} 1
rea_webhook_rejections_total{scheme="stripe",reason="stale"} 1

rea_hook_events_total{hook="Hooks.handles",outcome="handled"} 1
rea_hook_events_total{hook="Hooks.fails",outcome="failed"} 1
rea_hook_events_total{hook="Hooks.blocks",outcome="handled"} 1
rea_hook_blocked_total{hook="Hooks.blocks"} 1
`;

/** Durations are observed as often as their things are counted. */
const DURATIONS = {
  rea_invocations_total: 'rea_invocation_duration_seconds_count',
  rea_attempts_total: 'rea_attempt_duration_seconds_count',
  rea_runs_total: 'rea_run_duration_seconds_count',
  rea_ingress_requests_total: 'rea_ingress_request_duration_seconds_count',
} as const;

/** Every sample of the scenario, by series. Nothing is active when it is over. */
export function expectedSamples(): Map<string, number> {
  const expected = new Map<string, number>();
  for (const line of COUNTED.split('\n').filter((each) => each !== '')) {
    const at = line.lastIndexOf(' ');
    const [series, value] = [line.slice(0, at), Number(line.slice(at + 1))];
    expected.set(series, value);
    for (const [counter, duration] of Object.entries(DURATIONS)) {
      if (series.startsWith(`${counter}{`)) expected.set(series.replace(counter, duration), value);
    }
    const started = /^rea_invocations_started_total(.*)$/.exec(series);
    if (started) expected.set(`rea_attempts_active${started[1]}`, 0);
  }
  return expected;
}
