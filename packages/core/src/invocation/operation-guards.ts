import { type Duration } from '@restatedev/restate-sdk';
import type { Attempt } from './attempt.js';
import { durationProblem, toMillis } from '../durable/duration.js';
import type { GuardedHandler, OperationGuards } from './handler-scope.js';

type Guard = (attempt: Attempt, args: readonly unknown[]) => void;

const STATE_WRITES = ['set', 'clear', 'clearAll'];
const CALLS = [
  'genericCall',
  'genericSend',
  'serviceClient',
  'serviceSendClient',
  'objectClient',
  'objectSendClient',
  'workflowClient',
  'workflowSendClient',
  'client',
  'sendClient',
];
/** What durable clients and sagas do, under the names of their verbs. No method of the context. */
export const ORCHESTRATE = 'orchestrate';

const WAITS_FOR_OTHERS = ['awakeable', 'promise', 'signal', 'attach'];
/** Other invocations: completing what they wait for, signalling and cancelling them. */
const STEERS_OTHERS = ['resolveAwakeable', 'rejectAwakeable', 'invocation', 'cancel'];

/** The checks that a handler's kind and declared plane ask for, by the context's method. Most handlers have none. */
export function operationGuards({ readOnly, exclusive, plane, limits }: GuardedHandler): OperationGuards {
  const guards = new Map<string, Guard>();
  const add = (operations: readonly string[], guard: (operation: string) => Guard) => {
    for (const operation of operations) {
      const earlier = guards.get(operation);
      const next = guard(operation);
      guards.set(
        operation,
        earlier ? (attempt, args) => [earlier, next].forEach((check) => check(attempt, args)) : next,
      );
    }
  };
  if (readOnly) {
    add(STATE_WRITES, (operation) => (attempt, args) => attempt.report('shared-write', called(operation, args)));
  }
  if (exclusive) {
    add(['sleep'], () => blockingSleep(limits.exclusiveSleep));
    add(
      ['awakeable', 'signal'],
      (operation) => (attempt, args) =>
        attempt.report('blocking-exclusive', `${called(operation, args)}, to wait for somebody else,`),
    );
  }
  if (plane === 'data') {
    const operations = [...WAITS_FOR_OTHERS, ...STEERS_OTHERS, ...STATE_WRITES, ...CALLS];
    add(
      operations,
      (operation) => (attempt, args) => attempt.report('plane', `${called(operation, args)} on the data plane`),
    );
    add(
      [ORCHESTRATE],
      () =>
        (attempt, [verb]) =>
          attempt.report('plane', `${String(verb)} on the data plane`),
    );
  }
  if (plane === 'control') {
    add(
      ['run'],
      (operation) => (attempt, args) => attempt.report('plane', `${called(operation, args)} on the control plane`),
    );
  }
  return Object.fromEntries(guards);
}

/** Checks what a helper does that orchestrates and is no method of the context. @param verb for messages: `sagas.run()` */
export function checkOrchestration(attempt: Attempt | undefined, verb: string): void {
  attempt?.handler.guards[ORCHESTRATE]?.(attempt, [verb]);
}

function blockingSleep(bound: number): Guard {
  return (attempt, [duration]) => {
    // What is no duration is refused by the context itself.
    const millis = durationProblem(duration) === undefined ? toMillis(duration as Duration | number) : 0;
    if (millis > bound) attempt.report('blocking-exclusive', `A sleep of ${millis} ms`, 'A sleep');
  };
}

/** `ctx.set("lines")`: the operation with the name it was given. */
function called(operation: string, [first]: readonly unknown[]): string {
  return `ctx.${operation}(${typeof first === 'string' ? JSON.stringify(first) : ''})`;
}
