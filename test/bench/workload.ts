/** What the handlers of every subject do. */
export type Workload = 'greet' | 'steps';

export const WORKLOADS: readonly Workload[] = ['greet', 'steps'];

/** What is sent to both handlers. */
export const INPUT = 'Ada';

/** The run of a step, the same in every subject. */
export function stepResult(step: number, name: string): string {
  return `step ${step} of ${name}`;
}

/** The path of a subject's handler, below `/invoke` of an endpoint as well as below the ingress. */
export function handlerPath(subject: string, workload: Workload): string {
  return `/${subject}.Workload/${workload}`;
}

/** What the handlers answer. */
export function answerOf(workload: Workload): string {
  return workload === 'greet' ? `Hello, ${INPUT}` : [1, 2, 3].map((step) => stepResult(step, INPUT)).join();
}
