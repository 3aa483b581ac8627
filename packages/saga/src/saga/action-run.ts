import type { SagaScope } from './saga-scope.js';
import type { StepRun } from './step.types.js';

/** What an action is told. Its key is made when it is asked for: few are. */
export class ActionRun implements StepRun {
  constructor(
    private readonly scope: SagaScope,
    private readonly step: string,
    readonly attempt: number,
  ) {}

  get idempotencyKey(): string {
    return this.scope.keyOf(this.step, 'action');
  }
}
