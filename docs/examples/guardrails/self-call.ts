import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  Service,
  type ServiceClient,
  state,
  stateKey,
  VirtualObject,
} from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Interest {
  constructor(@InjectClient(() => Account) private readonly accounts: ObjectClient<Account>) {}

  @Handler()
  async pay(_ctx: Context, account: string): Promise<number> {
    return this.accounts.of(account).call.deposit(1);
  }
}

@VirtualObject()
export class Account {
  static readonly balance = stateKey<number>('balance', { default: () => 0 });

  constructor(
    @InjectClient(() => Account) private readonly accounts: ObjectClient<Account>,
    @InjectClient(Interest) private readonly interest: ServiceClient<Interest>,
  ) {}

  @Handler()
  async deposit(ctx: ObjectContext, amount: number): Promise<number> {
    return this.add(ctx, amount);
  }

  // #region bad
  @Handler()
  async correct(ctx: ObjectContext, amount: number): Promise<number> {
    return this.accounts.of(ctx.key).call.deposit(amount); // waits for the lock that it holds
  }

  @Handler()
  async closeYear(ctx: ObjectContext): Promise<number> {
    return this.interest.call.pay(ctx.key); // which calls deposit of this account
  }
  // #endregion bad

  // #region good
  @Handler()
  async correctAtOnce(ctx: ObjectContext, amount: number): Promise<number> {
    return this.add(ctx, amount);
  }

  @Handler()
  async closeYearLater(ctx: ObjectContext): Promise<void> {
    this.interest.send.pay(ctx.key);
  }

  private add(ctx: ObjectContext, amount: number): Promise<number> {
    return state(ctx, Account.balance).update((balance) => balance + amount);
  }
  // #endregion good
}

export const scenario: RunningScenario = {
  providers: [Interest, Account],
  bad: [
    {
      form: 'an object calls itself',
      provoke: (app, key) => app.ingress.object(Account).of(key).call.correct(1, { idempotencyKey: false }),
      unguarded: { outcome: 'never ends', harm: 'the call waits for the lock that its caller holds' },
    },
    {
      form: 'through others',
      provoke: (app, key) => app.ingress.object(Account).of(key).call.closeYear(undefined, { idempotencyKey: false }),
      unguarded: { outcome: 'never ends', harm: 'the last call waits for the lock that the first caller holds' },
    },
  ],
  good: [
    (app, key) => app.ingress.object(Account).of(key).call.correctAtOnce(1, { idempotencyKey: false }),
    (app, key) => app.ingress.object(Account).of(key).call.closeYearLater(undefined, { idempotencyKey: false }),
  ],
};
