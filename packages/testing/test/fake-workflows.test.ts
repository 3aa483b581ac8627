import { Injectable } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Handler,
  InjectClient,
  ReaModule,
  Service,
  type ServiceClient,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type FakeContext, fakeContext, runInContext } from '@rea/testing';
import {
  type Context,
  type InvocationId,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

interface Receipt {
  readonly total: number;
}

@Workflow({ status: true, workflowRetention: { days: 1 } })
class Order {
  @WorkflowRun()
  async process(_ctx: WorkflowContext, total: number): Promise<Receipt> {
    return { total };
  }

  @WorkflowSignal()
  async approve(_ctx: WorkflowSharedContext, _by: string): Promise<void> {}

  @WorkflowQuery()
  async step(_ctx: WorkflowSharedContext): Promise<string> {
    return 'real';
  }
}

@Workflow({ workflowRetention: { days: 1 } })
class Quiet {
  @WorkflowRun()
  async go(_ctx: WorkflowContext): Promise<void> {}
}

@Service()
class Mail {
  @Handler()
  async post(_ctx: Context, to: string): Promise<string> {
    return `to ${to}`;
  }
}

@Injectable()
class Clients {
  constructor(
    @InjectClient(Order) readonly orders: WorkflowClient<Order>,
    @InjectClient(Quiet) readonly quiet: WorkflowClient<Quiet>,
    @InjectClient(Mail) readonly mail: ServiceClient<Mail>,
  ) {}
}

let module: TestingModule;
let clients: Clients;
beforeAll(async () => {
  module = await Test.createTestingModule({
    imports: [ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false })],
    providers: [Clients],
  }).compile();
  clients = module.get(Clients);
});
afterAll(() => module.close());

const failure = (promised: Promise<unknown>) =>
  promised.then(
    (value) => ({ resolved: value }),
    (error: unknown) => error,
  );

type Deed = (given: Clients, ctx: Pick<FakeContext, 'invocation'>) => Promise<unknown>;

const act = (ctx: FakeContext, deed: Deed) => runInContext(ctx, (guarded) => deed(clients, guarded));

const declined = new TerminalError('declined', { errorCode: 402 });
const attach: Deed = ({ orders }) => orders.of('o1').attach();
const output: Deed = ({ orders }) => orders.of('o1').output();
const submitAndAttach: Deed = ({ orders }) => orders.of('o1').submit(5).attach();

describe('On a fake context', { meta: { claim: 'fake-workflows' } }, () => {
  test.each<[string, (ctx: FakeContext) => unknown, Deed, unknown]>([
    [
      'attach, of one with a result',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { result: { total: 3 } }),
      attach,
      { total: 3 },
    ],
    [
      'attach, of one that was submitted',
      (ctx) => ctx.stub(Order, { process: (total) => ({ total }) }),
      async (all) => {
        all.orders.of('o1').submit(7);
        return attach(all, undefined as never);
      },
      { total: 7 },
    ],
    [
      'output, of one with a result',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { result: { total: 3 } }),
      output,
      { ready: true, result: { total: 3 } },
    ],
    ['output, of one that runs', (ctx) => ctx.stubWorkflow(Order, 'o1', {}), output, { ready: false }],
    ['output, of one that has not started', () => {}, output, { ready: false }],
    [
      'submit and attach, by its run',
      (ctx) => ctx.stub(Order, { process: (total, key) => ({ total: total + key!.length }) }),
      submitAndAttach,
      { total: 7 },
    ],
    [
      'submit and attach, by its id',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { result: { total: 1 } }),
      submitAndAttach,
      { total: 1 },
    ],
    [
      'status, as reported',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { status: { phase: 'paying', progress: 0.5 } }),
      ({ orders }) => orders.of('o1').status(),
      expect.objectContaining({ phase: 'paying', progress: 0.5, completedSteps: [] }),
    ],
    [
      'status, of one that has not reported',
      () => {},
      ({ orders }) => orders.of('o1').status(),
      expect.objectContaining({ phase: 'new', isComplete: false }),
    ],
    [
      'a signal',
      (ctx) => ctx.stub(Order, { approve: () => undefined as never }),
      ({ orders }) => orders.of('o1').signal.approve('Ada'),
      undefined,
    ],
    [
      'a query',
      (ctx) => ctx.stub(Order, { step: (_input: unknown, key: string | undefined) => `step of ${key}` }),
      ({ orders }) => orders.of('o1').query.step(),
      'step of o1',
    ],
    [
      'attach to a message by its id',
      (ctx) => ctx.stub(Mail, { post: (to) => `sent ${to}` }),
      async ({ mail }, ctx) => ctx.invocation(await mail.send.post('Ada').invocationId).attach(),
      'sent Ada',
    ],
  ])('%s is answered', async (_what, given, deed, expected) => {
    const ctx = fakeContext();
    given(ctx);
    expect(await act(ctx, deed)).toEqual(expected);
  });

  test.each<[string, (ctx: FakeContext) => unknown, Deed, object]>([
    [
      'attach, to one that has not started',
      () => {},
      attach,
      { code: 404, message: expect.stringContaining('REA3004') as string },
    ],
    [
      'attach, to one that has failed',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { error: declined }),
      attach,
      { code: 402, message: 'declined' },
    ],
    [
      'output, of one that has failed',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { error: declined }),
      output,
      { code: 402 },
    ],
    [
      'submit and attach, unstubbed',
      () => {},
      submitAndAttach,
      { message: expect.stringContaining("ctx.stubWorkflow(Order, 'o1'") as string },
    ],
    [
      'status, of one that keeps none',
      () => {},
      async ({ quiet }) => quiet.of('q').status(),
      { code: 404, message: expect.stringContaining('REA3005') as string },
    ],
    [
      'a signal, unstubbed',
      () => {},
      ({ orders }) => orders.of('o1').signal.approve('Ada'),
      { message: expect.stringContaining('ctx.stub(Order, { approve') as string },
    ],
    [
      'the run as a signal',
      () => {},
      async ({ orders }) => (orders.of('o1').signal as never as { process(): unknown }).process(),
      { code: 404, message: expect.stringContaining('REA3002') as string },
    ],
    ['an empty id', () => {}, async ({ orders }) => orders.of('').attach(), { code: 400 }],
    [
      'attach to an unknown invocation',
      () => {},
      async (_all, ctx) => ctx.invocation('inv_unknown' as InvocationId).attach(),
      { code: 404 },
    ],
    [
      'attach to a cancelled message',
      (ctx) => ctx.stub(Mail, { post: () => 'sent' }),
      async ({ mail }, ctx) => {
        const id = await mail.send.post('Ada').invocationId;
        ctx.invocation(id).cancel();
        return ctx.invocation(id).attach();
      },
      { code: 409 },
    ],
    [
      'a result that JSON cannot write',
      (ctx) => ctx.stubWorkflow(Order, 'o1', { result: { total: 1n } as never }),
      attach,
      { message: expect.stringContaining('BigInt') as string },
    ],
    [
      'an input that JSON cannot write',
      () => {},
      async ({ orders }) => orders.of('o1').submit(1n as never),
      { message: expect.stringContaining('BigInt') as string },
    ],
  ])('%s is refused', async (_what, given, deed, expected) => {
    const ctx = fakeContext();
    given(ctx);
    expect(await failure(act(ctx, deed))).toMatchObject(expected);
  });

  test('a workflow id is started once, and its result worked out once', async () => {
    let runs = 0;
    const ctx = fakeContext().stub(Order, { process: (total) => ({ total: total + (runs += 1) }) });
    const results = await act(ctx, async ({ orders }) => {
      const [first, second] = [orders.of('o1').submit(1), orders.of('o1').submit(100)];
      expect(await first.invocationId).toBe(await second.invocationId);
      return [await first.attach(), await second.attach(), await orders.of('o1').attach()];
    });
    expect(results).toEqual([{ total: 2 }, { total: 2 }, { total: 2 }]);
    expect(ctx.sends).toHaveLength(2);
    expect(ctx.calls).toEqual([]);
  });

  test('signals and cancellations of other invocations are recorded; one to itself arrives', async () => {
    const ctx = fakeContext();
    await act(ctx, async (_all, guarded) => {
      const other = guarded.invocation('inv_other' as InvocationId);
      other.signal<number>('paid').resolve(3);
      other.signal('stopped').reject('no stock');
      other.cancel();
    });
    expect(ctx.signals).toMatchObject([
      { invocationId: 'inv_other', name: 'paid', value: 3 },
      { invocationId: 'inv_other', name: 'stopped', value: { message: 'no stock' } },
    ]);
    expect(ctx.cancelled).toEqual(['inv_other']);
    ctx.invocation(ctx.request().id).signal<string>('go').resolve('now');
    expect(await ctx.signal<string>('go')).toBe('now');
  });

  test('what cannot be stubbed is refused', () => {
    const ctx = fakeContext();
    expect(() => ctx.stubWorkflow(Mail, 'm', {})).toThrow('Mail is no workflow');
    expect(() => ctx.stubWorkflow(Order, 'o1', { result: { total: 1 }, error: declined })).toThrow('Give one of them');
    expect(() => ctx.stub(Order, { ship: () => 1 } as never)).toThrow('no handler "ship"');
  });

  test('the refusals are those of a server', async () => {
    @Service()
    class Asks {
      constructor(@InjectClient(Order) private readonly orders: WorkflowClient<Order>) {}

      @Handler()
      async unstarted(_ctx: Context): Promise<unknown> {
        return { output: await this.orders.of('o1').output(), attached: await failure(this.orders.of('o1').attach()) };
      }
    }
    await using app = await createTestApp({ providers: [Order, Asks] });
    const real = (await app.ingress.service(Asks).call.unstarted(undefined, { idempotencyKey: false })) as {
      attached: { code: number };
    };
    const fake = {
      output: await act(fakeContext(), output),
      attached: await failure(act(fakeContext(), attach)),
    };
    expect(real).toMatchObject({ output: fake.output, attached: { code: (fake.attached as TerminalError).code } });
  });
});
