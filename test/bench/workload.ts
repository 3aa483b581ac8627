/** What the handlers of every subject do. */
export type Workload = 'greet' | 'steps' | 'state' | 'fan' | 'saga' | 'rollback';

export const WORKLOADS: readonly Workload[] = ['greet', 'steps', 'state', 'fan', 'saga', 'rollback'];

/** How many times a `greet` an invocation takes, about: so many fewer are measured. */
const COST: Readonly<Record<Workload, number>> = { greet: 1, steps: 1, state: 5, fan: 50, saga: 2, rollback: 4 };

/** The components of the workloads that have one of their own. */
const COMPONENTS: Partial<Record<Workload, string>> = { state: 'Profile', saga: 'Saga', rollback: 'Saga' };

/** What is sent to every handler. */
export const INPUT = 'Ada';

/** The state that `state` reads and writes. */
export const FIELDS: readonly string[] = Array.from({ length: 20 }, (_, index) => `field${index}`);

/** How many runs `fan` waits for at once. */
export const FAN_WIDTH = 100;

/** The steps of `saga`, which `rollback` takes and takes back. */
export const SAGA_STEPS: readonly number[] = [1, 2, 3, 4, 5];

/** The run of a step, the same in every subject. */
export function stepResult(step: number, name: string): string {
  return `step ${step} of ${name}`;
}

/** So many invocations of a cheap workload, or as many of this one as take about as long. */
export function scaled(workload: Workload, invocations: number): number {
  return Math.ceil(invocations / COST[workload]);
}

/** The path of a subject's handler at an endpoint. */
export function endpointPath(subject: string, workload: Workload): string {
  return `/invoke/${componentOf(subject, workload)}/${workload}`;
}

/** The path of a subject's handler at the ingress. @param key of the object, where the handler is one's */
export function ingressPath(subject: string, workload: Workload, key: number): string {
  return `/${componentOf(subject, workload)}${workload === 'state' ? `/${key}` : ''}/${workload}`;
}

function componentOf(subject: string, workload: Workload): string {
  return `${subject}.${COMPONENTS[workload] ?? 'Workload'}`;
}

/** What the handlers answer. */
export function answerOf(workload: Workload): string {
  switch (workload) {
    case 'greet':
      return `Hello, ${INPUT}`;
    case 'steps':
      return [1, 2, 3].map((step) => stepResult(step, INPUT)).join();
    case 'state':
      return String(FIELDS.length);
    case 'saga':
      return stepResult(SAGA_STEPS.length, INPUT);
    case 'rollback':
      return 'rolled back';
    case 'fan':
      return stepResult(FAN_WIDTH - 1, INPUT);
  }
}
