import { Handler, InjectClient, sleep, Service, Workflow, type WorkflowClient, WorkflowRun } from '@rea/core';
import { Test } from '@nestjs/testing';
import { Ingress, IngressModule, InjectIngress, type IngressWorkflowClient } from '@rea/ingress';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import { Injectable } from '@nestjs/common';
import { CancelledError, type Context, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import '../../../test/support/claim.js';

const undone: string[] = [];

@Workflow({ retention: 'standard' })
class Purchase {
  @WorkflowRun()
  async buy(ctx: WorkflowContext, ending: 'waits' | 'ends'): Promise<string> {
    try {
      if (ending === 'waits') await sleep(ctx, { hours: 1 });
      return 'bought';
    } catch (error) {
      if (error instanceof CancelledError) undone.push(ctx.key);
      throw error;
    }
  }
}

@Service()
class Desk {
  constructor(@InjectClient(Purchase) private readonly purchases: WorkflowClient<Purchase>) {}

  @Handler()
  async cancel(ctx: Context, id: string): Promise<string> {
    try {
      await this.purchases.of(id).cancel();
      // Nothing of it is done again on a replay.
      await ctx.sleep(1);
      return 'cancelled';
    } catch (error) {
      if (!(error instanceof TerminalError) || error instanceof CancelledError) throw error;
      return `${error.code} ${error.message}`;
    }
  }
}

/** What controllers have. */
@Injectable()
class Front {
  constructor(@InjectIngress(Purchase) readonly purchases: IngressWorkflowClient<Purchase>) {}
}

describe('a workflow is cancelled by its id', { meta: { claim: 'no-input' } }, () => {
  let app: ReaTestApp;
  let count = 0;

  beforeAll(async () => {
    app = await createTestApp({ providers: [Purchase, Desk, Front] });
  });
  afterAll(() => app?.close());

  const newId = () => `purchase ${(count += 1)}/ü'`;
  const purchases = () => app.get(Front).purchases;
  const byHandler = (id: string) => app.ingress.service(Desk).call.cancel(id, { idempotencyKey: false });

  test('by an ingress client: it undoes, and attach() waits for that', async () => {
    const id = newId();
    await purchases().of(id).submit('waits');
    await purchases().of(id).cancel();
    await expect(purchases().of(id).attach()).rejects.toMatchObject({ status: 409 });
    expect(undone).toContain(id);
  });

  test('by a handler, durably', async () => {
    const id = newId();
    await purchases().of(id).submit('waits');
    expect(await byHandler(id)).toBe('cancelled');
    await expect(purchases().of(id).attach()).rejects.toMatchObject({ status: 409 });
    expect(undone.filter((each) => each === id)).toHaveLength(1);
  });

  test('one that has ended: refused with 409 by the ingress client, nothing by a handler', async () => {
    const id = newId();
    await purchases().of(id).submit('ends');
    expect(await purchases().of(id).attach()).toBe('bought');
    await expect(purchases().of(id).cancel()).rejects.toMatchObject({ status: 409 });
    expect(await byHandler(id)).toBe('cancelled');
    expect(await purchases().of(id).attach()).toBe('bought');
  });

  test('one that was never submitted: 404, in words', async () => {
    const id = newId();
    await expect(purchases().of(id).cancel()).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('There is no workflow Purchase'),
    });
    expect(await byHandler(id)).toMatch(/^404 REA3004: .*nothing to cancel/);
  });
});

test('Without the admin API the ingress client says what is missing', { meta: { claim: 'no-input' } }, async () => {
  const { ingressUrl: url } = await sharedServer();
  const module = await Test.createTestingModule({ imports: [IngressModule.forRoot({ url })] }).compile();
  const cancelled = module.get(Ingress).workflow(Purchase).of('p').cancel();
  await expect(cancelled).rejects.toMatchObject({ code: 'REA4008', message: expect.stringContaining('Set adminUrl') });
  await module.close();
});
