import { Inject, Injectable, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { Handler, InjectClient, Service, Workflow, type WorkflowClient, WorkflowRun, workflowStatus } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, Request, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../../test/support/claim.js';

const TENANT = 'x-tenant';
const quiet = { idempotencyKey: false } as const;
const acme = { headers: { [TENANT]: 'acme' } } as const;

class Base {
  @WorkflowRun()
  async run(ctx: WorkflowContext): Promise<string> {
    await workflowStatus(ctx).set({ phase: 'half way' });
    return 'done';
  }
}

/** Made for calls that name a tenant, and for no others. */
@Injectable({ scope: Scope.REQUEST })
class Tenant {
  static made = 0;

  constructor(@Inject(REQUEST) request: Request) {
    if (!request.headers.get(TENANT)) throw new Error('no tenant');
    Tenant.made += 1;
  }
}

@Workflow({ status: true, retryPolicy: { initialInterval: 20, maxAttempts: 2, onMaxAttempts: 'kill' } })
class OfTenant extends Base {
  constructor(readonly tenant: Tenant) {
    super();
  }
}

@Service({ retryPolicy: { initialInterval: 20, maxAttempts: 2, onMaxAttempts: 'kill' } })
class OutsideTenants {
  constructor(@InjectClient(OfTenant) private readonly flows: WorkflowClient<OfTenant>) {}

  @Handler()
  async ask(_ctx: Context, { id, verb }: { id: string; verb: 'attach' | 'output' | 'status' }): Promise<unknown> {
    return this.flows.of(id)[verb]();
  }
}

describe(
  'a handler that Rea adds to a workflow of request scope without guards',
  { meta: { claim: 'built-in' } },
  () => {
    let unguarded: ReaTestApp;
    beforeAll(async () => {
      unguarded = await createTestApp({ providers: [Tenant, OfTenant, OutsideTenants], failures: 'off' });
    });
    afterAll(() => unguarded.close());

    test.each(['attach', 'output', 'status'] as const)('makes no instance for %s()', async (verb) => {
      const submitted = await unguarded.ingress.workflow(OfTenant).of(verb).submit(undefined, acme);
      await submitted.attach();
      const { made } = Tenant;
      const answers = { attach: 'done', output: { ready: true, result: 'done' }, status: { phase: 'half way' } };
      const answer = await unguarded.ingress.service(OutsideTenants).call.ask({ id: verb, verb }, quiet);
      expect({ answer }).toMatchObject({ answer: answers[verb] });
      expect(await unguarded.ingress.workflow(OfTenant).of(verb).status()).toMatchObject({ phase: 'half way' });
      expect(Tenant.made).toBe(made);
    });
  },
);
