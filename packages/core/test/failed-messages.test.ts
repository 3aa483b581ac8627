import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import {
  Handler,
  InjectClient,
  type ObjectClient,
  ReaEvents,
  type ReaEventMap,
  type ServiceClient,
  Service,
  VirtualObject,
  Workflow,
  WorkflowRun,
  type WorkflowClient,
} from '@rea/core';
import { AdminClient } from '@rea/core/internal';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, type ObjectContext, TerminalError, type WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CollectedLog } from '../../../test/support/collected-log.js';
import '../../../test/support/claim.js';
import type { Attempt } from '../src/invocation/attempt.js';
import { FailedMessages } from '../src/invocation/failed-messages.js';
import { until } from './support/until.js';

@Service()
class Mailer {
  @Handler()
  async mail(ctx: Context, what: string): Promise<void> {
    await ctx.sleep(1);
    if (what.endsWith('well')) return;
    throw new TerminalError(`no address for ${what}`, { errorCode: 404 });
  }

  @Handler()
  async breaks(_ctx: Context, what: string): Promise<void> {
    throw new TerminalError(`broken for ${what}`, { errorCode: 500 });
  }

  @Handler()
  async waits(ctx: Context): Promise<void> {
    await ctx.sleep({ hours: 1 });
  }
}

@VirtualObject()
class Box {
  @Handler()
  async mail(ctx: ObjectContext, what: string): Promise<void> {
    throw new TerminalError(`no box ${ctx.key} for ${what}`, { errorCode: 404 });
  }
}

@Workflow({ retention: 'standard' })
class Flow {
  @WorkflowRun()
  async run(_ctx: WorkflowContext, what: string): Promise<void> {
    throw new TerminalError(`no flow for ${what}`, { errorCode: 404 });
  }
}

type Verb = 'send' | 'delayed' | 'object' | 'breaks' | 'call' | 'call, caught' | 'sent well' | 'submit';

@Service()
class Sender {
  constructor(
    @InjectClient(Mailer) private readonly mailer: ServiceClient<Mailer>,
    @InjectClient(Box) private readonly boxes: ObjectClient<Box>,
    @InjectClient(Flow) private readonly flows: WorkflowClient<Flow>,
  ) {}

  @Handler()
  async run(_ctx: Context, { verb, what }: { readonly verb: Verb; readonly what: string }): Promise<void> {
    if (verb === 'send') await this.mailer.send.mail(what).invocationId;
    if (verb === 'delayed') await this.mailer.send.mail(what, { delay: 10 }).invocationId;
    if (verb === 'object') await this.boxes.of('b').send.mail(what).invocationId;
    if (verb === 'breaks') await this.mailer.send.breaks(what).invocationId;
    if (verb === 'call') await this.mailer.call.mail(what);
    if (verb === 'call, caught') await this.mailer.call.mail(what).then(undefined, () => undefined);
    if (verb === 'sent well') await this.mailer.send.mail(`${what} well`).invocationId;
    if (verb === 'submit') await this.flows.of(what).submit(what).invocationId;
  }
}

const SENT: Readonly<Record<string, (app: ReaTestApp, what: string) => Promise<unknown>>> = {
  'by a handler': (app, what) => sender(app, 'send', what),
  'by a handler, with a delay': (app, what) => sender(app, 'delayed', what),
  'by a handler, to an object': (app, what) => sender(app, 'object', what),
  'by a handler, with a failure of the service': (app, what) => sender(app, 'breaks', what),
  'through the ingress': (app, what) => app.ingress.service(Mailer).send.mail(what, { idempotencyKey: false }),
  'through the ingress, with a delay': (app, what) =>
    app.ingress.service(Mailer).send.mail(what, { idempotencyKey: false, delay: 10 }),
  'through the ingress, to an object': (app, what) =>
    app.ingress.object(Box).of('c').send.mail(what, { idempotencyKey: false }),
};

const AWAITED: Readonly<Record<string, (app: ReaTestApp, what: string) => Promise<unknown>>> = {
  'a call by a handler, which fails with it': (app, what) => sender(app, 'call', what).catch(() => undefined),
  'a call by a handler that catches it': (app, what) => sender(app, 'call, caught', what),
  'a call through the ingress': (app, what) =>
    app.ingress
      .service(Mailer)
      .call.mail(what, { idempotencyKey: false })
      .catch(() => undefined),
  'a message through the ingress whose result is awaited': async (app, what) => {
    const sent = await app.ingress.service(Mailer).send.mail(what, { idempotencyKey: what });
    await sent.result().catch(() => undefined);
  },
  'a message that ends well': (app, what) => sender(app, 'sent well', what),
  'a workflow, whose result is kept': (app, what) => sender(app, 'submit', what),
};

function sender(app: ReaTestApp, verb: Verb, what: string): Promise<void> {
  return app.ingress.service(Sender).call.run({ verb, what }, { idempotencyKey: false });
}

let count = 0;

describe('a message that fails for good', { meta: { claim: 'visible' } }, () => {
  let app: ReaTestApp;
  const log = new CollectedLog();
  const events: ReaEventMap['message-failed'][] = [];

  beforeAll(async () => {
    app = await createTestApp({
      providers: [Mailer, Box, Flow, Sender],
      nest: { logger: log },
      rea: { policy: { rules: { 'missing-key': 'disabled' } } },
    });
    app.get(ReaEvents).on('message-failed', (event) => events.push(event));
  });
  afterAll(() => app?.close());

  /** Waits until a message that is sent now is reported: what failed before it is, too. */
  async function reported(): Promise<void> {
    const what = `last-${(count += 1)}`;
    await SENT['by a handler']!(app, what);
    await until(() => log.lines('error', what).length > 0, `The message ${what} is not reported.`);
  }

  test.for(Object.keys(SENT))(
    'sent %s is logged once at error, with who failed and why, and is an event',
    async (how) => {
      const what = `message-${(count += 1)}`;
      await SENT[how]!(app, what);
      const lines = () => log.lines('error', what).filter((line) => line.includes('REA7061'));
      await until(() => lines().length > 0, `The message ${what} is not logged.`);
      await reported();
      expect(lines()).toHaveLength(1);
      expect(lines()[0]).toMatch(
        /^REA7061: A message to (Mailer\/\w+|Box\/mail \("[bc]"\)), inv_\w+, failed for good: (404|500) /,
      );
      expect(events.filter(({ error }) => error.message.includes(what))).toMatchObject([
        { service: expect.stringMatching(/Mailer|Box/), invocationId: expect.stringMatching(/^inv_/) },
      ]);
    },
  );

  test.for(Object.keys(AWAITED))('not so %s', async (how) => {
    const what = `awaited-${(count += 1)}`;
    await AWAITED[how]!(app, what);
    await reported();
    expect(log.all.filter((line) => line.includes('REA706') && line.includes(what))).toEqual([]);
    expect(events.filter(({ error }) => error.message.includes(what))).toEqual([]);
  });

  test('not so one that is cancelled', async () => {
    const { invocationId } = await app.ingress.service(Mailer).send.waits(undefined, { idempotencyKey: false });
    await app.cancel(invocationId);
    await reported();
    expect(log.all.filter((line) => line.includes(invocationId) && line.includes('REA706'))).toEqual([]);
  });
});

test(
  'Where the server cannot be asked, a failure that may be of a message is a warning',
  { meta: { claim: 'visible' } },
  async () => {
    const log = new CollectedLog();
    const app = await createTestApp({ providers: [Mailer, Sender, Box, Flow], nest: { logger: log } });
    const query = vi.spyOn(AdminClient.prototype, 'query').mockRejectedValue(new Error('closed'));
    const what = `unasked-${(count += 1)}`;
    await sender(app, 'call, caught', what);
    await until(() => log.lines('warn', what).length > 0, 'There is no warning.');
    expect(log.lines('warn', what)).toEqual([
      expect.stringMatching(/^REA7062: Mailer\/mail, inv_\w+, failed for good: 404 /),
    ]);
    query.mockRestore();
    await app.close();
  },
);

describe('What cannot be told', { meta: { claim: 'visible' } }, () => {
  const log = new CollectedLog();
  beforeAll(() => Logger.overrideLogger(log));
  afterAll(() => Logger.overrideLogger(undefined as never));

  const noteTo = (failed: FailedMessages, handler: string, what: string): void => {
    const info = { service: 'Mailer', handler, invocationId: `inv_${what}` };
    const attempt = { handler: { isRun: false }, request: { headers: new Map() }, info };
    failed.note(attempt as unknown as Attempt, new TerminalError(what, { errorCode: 404 }));
  };
  const linesOf = (what: string) => log.lines('warn', what);

  test('since the server hangs is reported within 2 s as the application ends', async () => {
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(hanging, 'listening');
    try {
      const { port } = hanging.address() as AddressInfo;
      const failed = new FailedMessages(new ReaEvents(), new AdminClient(`http://127.0.0.1:${port}`));
      for (let i = 0; i < 250; i += 1) noteTo(failed, 'mail', `hung-${i}`);
      const started = performance.now();
      await failed.settle();
      expect(performance.now() - started).toBeLessThan(4_000);
      expect(linesOf('hung-0')).toHaveLength(1);
    } finally {
      hanging.closeAllConnections();
      hanging.close();
    }
  });

  test('without an admin API is logged once for each handler', async () => {
    const failed = new FailedMessages(new ReaEvents(), undefined);
    for (const handler of ['mail', 'breaks', 'mail']) noteTo(failed, handler, `untold-${handler}`);
    await failed.settle();
    noteTo(failed, 'mail', 'untold-again');
    await failed.settle();
    expect(linesOf('untold-')).toEqual([expect.stringContaining('/mail'), expect.stringContaining('/breaks')]);
  });

  test('and is dropped counts as a line of its minute', async () => {
    vi.useFakeTimers({ now: 0, toFake: ['Date'] });
    const hanging = new AdminClient('http://127.0.0.1:1');
    const query = vi.spyOn(hanging, 'query').mockRejectedValue(new Error('closed'));
    try {
      const failed = new FailedMessages(new ReaEvents(), hanging);
      for (let i = 0; i < 1_010; i += 1) noteTo(failed, 'mail', `flood-${i}.`);
      await failed.settle();
      expect(query).toHaveBeenCalled();
      expect(linesOf('flood-')).toHaveLength(60);
      expect(linesOf('at once')).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});
