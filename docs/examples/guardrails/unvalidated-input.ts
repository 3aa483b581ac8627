import type { Context } from '@restatedev/restate-sdk';
import { Handler, Service } from '@rea/core';
import { IsEmail } from 'class-validator';
import type { StartScenario } from './scenario.js';

export class Subscriber {
  @IsEmail()
  email!: string;
}

// #region bad
@Service()
export class Newsletter {
  @Handler() // gets whatever was sent: a plain object, perhaps without an email
  async subscribe(_ctx: Context, subscriber: Subscriber): Promise<string> {
    return `welcome, ${subscriber.email}`;
  }
}
// #endregion bad

// #region good
@Service()
export class CheckedNewsletter {
  @Handler({ input: Subscriber })
  async subscribe(_ctx: Context, subscriber: Subscriber): Promise<string> {
    return `welcome, ${subscriber.email}`;
  }
}
// #endregion good

export const scenario: StartScenario = {
  start: { bad: [Newsletter], good: [CheckedNewsletter], harm: 'it starts, and its handlers are given invalid inputs' },
};
