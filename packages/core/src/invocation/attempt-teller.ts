import type { InvocationOutcome } from '../events/rea-event.js';
import type { Attempt } from './attempt.js';
import type { HandlerScope } from './handler-scope.js';
import type { InvocationStarts } from './invocation-starts.js';

/** Publishes the events of a handler's attempts, and those of its invocations, which are made of them. */
export class AttemptTeller {
  constructor(
    private readonly handler: HandlerScope,
    private readonly starts: InvocationStarts,
  ) {}

  started(attempt: Attempt): void {
    const { events, isRun } = this.handler;
    if (events.isQuiet) return;
    events.publish('attempt-started', () => ({ ...attempt.info, replaying: attempt.replays }));
    if (attempt.replays || !this.tellsStarts || !this.starts.begin(attempt.request.id)) return;
    events.publish('invocation-started', () => attempt.info);
    if (isRun) events.publish('workflow-started', () => attempt.info);
  }

  /**
   * @param startedAt on the clock of `performance.now()`
   * @param error what the handler's promise was rejected with
   */
  ended(attempt: Attempt, startedAt: number, error?: Error): void {
    const { events, isRun } = this.handler;
    if (events.isQuiet) return;
    const durationMs = performance.now() - startedAt;
    const outcome = attempt.outcome!;
    const isFinal = outcome === 'completed' || outcome === 'failed' || outcome === 'cancelled';
    const failure = error && outcome !== 'suspended' ? { error } : {};
    events.publish('attempt-ended', () => ({ ...attempt.info, outcome, durationMs, ...failure }));
    if (isFinal) this.starts.end(attempt.request.id);
    if (error && (outcome === 'failed' || outcome === 'retrying')) {
      events.publish('error', () => ({ ...attempt.info, error, retryable: outcome === 'retrying' }));
    }
    if (!isFinal) return;
    const end = () => ({ ...attempt.info, outcome: outcome satisfies InvocationOutcome, ...failure });
    events.publish('invocation-ended', end);
    if (isRun) events.publish('workflow-ended', end);
  }

  private get tellsStarts(): boolean {
    const { events } = this.handler;
    return events.observes('invocation-started') || events.observes('workflow-started');
  }
}
