import type { WorkflowContext } from '@restatedev/restate-sdk';
import { Workflow, WorkflowRun } from '@rea/core';
import type { StartScenario } from './scenario.js';

// #region bad
@Workflow() // forgotten a day after it ends, and then its id starts a second one
export class Signup {
  @WorkflowRun()
  async run(_ctx: WorkflowContext, email: string): Promise<string> {
    return `welcome, ${email}`;
  }
}
// #endregion bad

// #region good
@Workflow({ retention: 'standard' }) // 30 days
export class KeptSignup {
  @WorkflowRun()
  async run(_ctx: WorkflowContext, email: string): Promise<string> {
    return `welcome, ${email}`;
  }
}
// #endregion good

export const scenario: StartScenario = {
  start: { bad: [Signup], good: [KeptSignup], harm: 'it starts, and forgets its workflows 24 hours after they end' },
};
