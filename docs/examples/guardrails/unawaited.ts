/* oxlint-disable no-misused-promises -- what the guardrail is for */
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { Injectable } from '@nestjs/common';
import { allSettled, Handler, parallel, run, runAsync, Service } from '@rea/core';
import { Sagas } from '@rea/saga';
import type { RunningScenario } from './scenario.js';

@Injectable()
export class Mailbox {
  async send(to: string): Promise<string> {
    if (to === '') throw new TerminalError('This mail has no address.', { errorCode: 400 });
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

  // #region siblings
  @Handler()
  async notifyTwo(ctx: Context, [first, second]: [string, string]): Promise<string> {
    const a = runAsync(ctx, 'mail the first', () => this.mailbox.send(first));
    const b = runAsync(ctx, 'mail the second', () => this.mailbox.send(second));
    try {
      await a.result;
      await b.result; // not reached when a fails: b was started, and nobody waits for it
    } catch {
      return 'not sent';
    }
    return 'sent';
  }
  // #endregion siblings

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

  // #region settled
  @Handler()
  async notifyBoth(ctx: Context, [first, second]: [string, string]): Promise<string> {
    const a = runAsync(ctx, 'mail the first', () => this.mailbox.send(first));
    const b = runAsync(ctx, 'mail the second', () => this.mailbox.send(second));
    const outcomes = await allSettled(ctx, [a.result, b.result]);
    return outcomes.every(({ status }) => status === 'fulfilled') ? 'sent' : 'not sent';
  }
  // #endregion settled

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
      form: 'the second of two runs, when the first fails',
      provoke: (app) => app.ingress.service(Mails).call.notifyTwo(['', 'Ada'], options),
      unguarded: { outcome: 'answers', harm: 'the second mail is sent or not, and nobody learns of it' },
    },
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
    (app) => app.ingress.service(Mails).call.notifyBoth(['', 'Ada'], options),
  ],
};
