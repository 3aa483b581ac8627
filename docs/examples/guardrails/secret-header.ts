import type { Context } from '@restatedev/restate-sdk';
import { Handler, InjectClient, Service, type ServiceClient } from '@rea/core';
import type { RunningScenario } from './scenario.js';

@Service()
export class Crm {
  @Handler()
  async update(_ctx: Context, customer: string): Promise<string> {
    return `updated ${customer}`;
  }
}

@Service()
export class Signups {
  constructor(@InjectClient(Crm) private readonly crm: ServiceClient<Crm>) {}

  // #region bad
  @Handler()
  async signUp(_ctx: Context, customer: string): Promise<string> {
    const headers = { authorization: `Bearer ${process.env['CRM_TOKEN']}` };
    return this.crm.call.update(customer, { headers }); // in two journals now, for everybody who may read them
  }
  // #endregion bad

  // #region good
  @Handler()
  async signUpSafely(_ctx: Context, customer: string): Promise<string> {
    return this.crm.call.update(customer, { headers: { 'x-tenant': 'acme' } }); // Crm has its token from its configuration
  }

  @Handler()
  async signUpInTheOpen(_ctx: Context, customer: string): Promise<string> {
    const headers = { cookie: 'theme=dark' }; // holds no secret here
    return this.crm.call.update(customer, { headers, allowSecretHeaders: ['cookie'] });
  }
  // #endregion good

  @Handler()
  async signUpLater(_ctx: Context, customer: string): Promise<void> {
    this.crm.send.update(customer, { headers: { Cookie: 'session=1' } });
  }
}

const harm = 'the token is in the journals of both handlers';

export const scenario: RunningScenario = {
  providers: [Crm, Signups],
  bad: [
    {
      form: 'a call',
      provoke: (app, key) => app.ingress.service(Signups).call.signUp(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm },
    },
    {
      form: 'a message',
      provoke: (app, key) => app.ingress.service(Signups).call.signUpLater(key, { idempotencyKey: false }),
      unguarded: { outcome: 'answers', harm },
    },
  ],
  good: [
    (app, key) => app.ingress.service(Signups).call.signUpSafely(key, { idempotencyKey: false }),
    (app, key) => app.ingress.service(Signups).call.signUpInTheOpen(key, { idempotencyKey: false }),
  ],
};
