import type { Context } from '@restatedev/restate-sdk';
import { Handler, Service } from '@rea/core';
import type { StartScenario } from './scenario.js';

// #region bad
@Service() // "t", as a minifier has named the class
export class t {
  @Handler()
  async charge(_ctx: Context, cents: number): Promise<string> {
    return `charged ${cents}`;
  }
}
// #endregion bad

// #region good
@Service({ name: 'Payments' }) // whatever the class is called
export class p {
  @Handler()
  async charge(_ctx: Context, cents: number): Promise<string> {
    return `charged ${cents}`;
  }
}
// #endregion good

export const scenario: StartScenario = {
  start: { bad: [t], good: [p], harm: 'it starts, and the next build may call another class "t"' },
};
