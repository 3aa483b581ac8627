import { Inject, Injectable, Scope } from '@nestjs/common';
import {
  type ContextId,
  ContextIdFactory,
  type ContextIdStrategy,
  type HostComponentInfo,
  REQUEST,
} from '@nestjs/core';
import { Handler, type HandlerRequest, InjectClient, Service, type ServiceClient } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';

// #region thunk
@Service()
export class Payments {
  readonly #currency = 'EUR';

  constructor(@InjectClient(() => Ledger) private readonly ledger: ServiceClient<Ledger>) {} // Ledger injects Payments

  @Handler()
  async charge(_ctx: Context, cents: number): Promise<string> {
    return this.ledger.call.book(`${cents} ${this.#currency}`);
  }
}
// #endregion thunk

@Service()
export class Ledger {
  constructor(@InjectClient(() => Payments) readonly payments: ServiceClient<Payments>) {}

  @Handler()
  async book(_ctx: Context, entry: string): Promise<string> {
    return `booked ${entry}`;
  }
}

// #region strategy
/** One set of durable providers for each tenant. */
export class ByTenant implements ContextIdStrategy {
  private readonly tenants = new Map<string, ContextId>();

  attach(contextId: ContextId, { headers }: Pick<HandlerRequest, 'headers'>) {
    const tenantId = headers['x-tenant'] ?? 'public';
    const shared = this.tenants.get(tenantId) ?? ContextIdFactory.create();
    this.tenants.set(tenantId, shared);
    return { resolve: (info: HostComponentInfo) => (info.isTreeDurable ? shared : contextId), payload: { tenantId } };
  }
}

@Injectable({ scope: Scope.REQUEST, durable: true })
export class TenantDatabase {
  constructor(@Inject(REQUEST) readonly tenant: { readonly tenantId: string }) {}
}
// #endregion strategy

let databases = 0;

@Service()
export class Reports {
  private readonly database = (databases += 1);

  constructor(private readonly tenantDatabase: TenantDatabase) {}

  @Handler()
  async read(_ctx: Context): Promise<{ tenant: string; database: number }> {
    return { tenant: this.tenantDatabase.tenant.tenantId, database: this.database };
  }
}
