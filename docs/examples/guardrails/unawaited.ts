/* oxlint-disable no-misused-promises -- what the guardrail is for */
import type { Context } from '@restatedev/restate-sdk';
import { Injectable } from '@nestjs/common';
import { Handler, parallel, run, runAsync, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { RunningScenario } from './scenario.js';

@Injectable()
export class Mailbox {
  async send(to: string): Promise<string> {
    return `to ${to}`;
  }
}

@Service()
export class Mails {
  constructor(
    private readonly mailbox: Mailbox,
    private readonly sagas: Sagas,
  ) {}

  // #region bad
  @Handler()
  async notify(ctx: Context, people: string[]): Promise<string> {
    people.forEach(async (to) => {
      await run(ctx, `mail ${to}`, () => this.mailbox.send(to)); // nobody waits for it: it is never sent
    });
    return 'sent';
  }
  // #endregion bad

  @Handler()
  async notifyLater(ctx: Context, to: string): Promise<string> {
    void run(ctx, `mail ${to}`, () => this.mailbox.send(to));
    return 'sent';
  }

  @Handler()
  async notifyInBranch(ctx: Context, to: string): Promise<void> {
    await parallel(ctx, [async () => void runAsync(ctx, `mail ${to}`, () => this.mailbox.send(to))]);
  }

  @Handler()
  async notifyInSaga(ctx: Context, to: string): Promise<void> {
    await this.sagas.run(ctx, 'notify', async (saga) => {
      void saga.step(`mail ${to}`, {
        irreversible: true,
        action: () => run(ctx, `mail ${to}`, () => this.mailbox.send(to)),
      });
    });
  }

  // #region good
  @Handler()
  async notifyEach(ctx: Context, people: string[]): Promise<string> {
    for (const to of people) await run(ctx, `mail ${to}`, () => this.mailbox.send(to));
    return 'sent';
  }

  @Handler()
  async notifyAtOnce(ctx: Context, people: string[]): Promise<string> {
    await parallel(
      ctx,
      people.map((to) => () => run(ctx, `mail ${to}`, () => this.mailbox.send(to))),
    );
    return 'sent';
  }
  // #endregion good
}

const options = { idempotencyKey: false } as const;
const unguarded = { outcome: 'answers', harm: 'the mail is never sent, and the caller is told that it was' } as const;

export const scenario: RunningScenario = {
  providers: [Mailbox, Mails],
  bad: [
    {
      form: 'forEach(async)',
      provoke: (app) => app.ingress.service(Mails).call.notify(['Ada'], options),
      unguarded,
    },
    { form: 'a run', provoke: (app) => app.ingress.service(Mails).call.notifyLater('Ada', options), unguarded },
    {
      form: 'a run in a branch',
      provoke: (app) => app.ingress.service(Mails).call.notifyInBranch('Ada', options),
      unguarded,
    },
    {
      form: 'a step of a saga',
      provoke: (app) => app.ingress.service(Mails).call.notifyInSaga('Ada', options),
      unguarded,
    },
  ],
  good: [
    (app) => app.ingress.service(Mails).call.notifyEach(['Ada', 'Bob'], options),
    (app) => app.ingress.service(Mails).call.notifyAtOnce(['Ada', 'Bob'], options),
  ],
};
