import { setImmediate as drained } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import {
  all,
  allSettled,
  getClientToken,
  Handler,
  InjectClient,
  type ObjectClient,
  OutsideHandlerError,
  promise,
  promiseKey,
  race,
  run,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowQuery,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  type Context,
  iface,
  type ObjectContext,
  type ObjectSharedContext,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tried } from '../../../test/support/claim.js';
import { eventually } from './support/eventually.js';
import { type Scene, Scenes } from './support/scenes.js';

@Service()
class Echo {
  @Handler()
  async say(_ctx: Context, text: string): Promise<string> {
    return text;
  }

  @Handler({ name: 'renamed' })
  async other(_ctx: Context, text: string): Promise<string> {
    return `renamed ${text}`;
  }

  @Handler()
  async header(ctx: Context, name: string): Promise<string | null> {
    return ctx.request().headers.get(name) ?? null;
  }

  @Handler()
  async nothing(_ctx: Context): Promise<void> {}

  @Handler()
  async refuse(_ctx: Context, message: string): Promise<string> {
    throw new TerminalError(message, { errorCode: 418, metadata: { reason: 'teapot' } });
  }

  @Handler()
  async nap(ctx: Context, milliseconds: number): Promise<string> {
    await ctx.sleep(milliseconds);
    return 'rested';
  }

  /** Looks like a handler, and is none. */
  async plain(_ctx: Context, text: string): Promise<string> {
    return text;
  }
}

@VirtualObject()
class Diary {
  static readonly entries = stateKey<string[]>('entries', { default: () => [] });

  @Handler()
  async append(ctx: ObjectContext, entry: string): Promise<number> {
    const arrived = await run(ctx, 'arrived', () => Date.now());
    return (await state(ctx, Diary.entries).update((entries) => [...entries, `${entry}@${arrived}`])).length;
  }

  @Shared()
  async read(ctx: ObjectSharedContext): Promise<string[]> {
    return (await state(ctx, Diary.entries).get()).map((entry) => entry.split('@')[0]!);
  }

  @Shared()
  async arrivals(ctx: ObjectSharedContext): Promise<number[]> {
    return (await state(ctx, Diary.entries).get()).map((entry) => Number(entry.split('@')[1]));
  }
}

@Workflow()
class Approval {
  static readonly decision = promiseKey<string>('decision');
  static readonly cleared = promiseKey<boolean>('cleared');

  @WorkflowRun()
  async decide(ctx: WorkflowContext, subject: string): Promise<string> {
    if (subject === 'clear') {
      ctx.clearAll();
      await promise(ctx, Approval.cleared).resolve(true);
    }
    const decision = await promise(ctx, Approval.decision).get();
    return `${subject}: ${decision}`;
  }

  @WorkflowSignal()
  async approve(ctx: WorkflowSharedContext, by: string): Promise<void> {
    await promise(ctx, Approval.decision).resolve(`approved by ${by}`);
  }

  @WorkflowSignal()
  async refuse(ctx: WorkflowSharedContext, why: string): Promise<void> {
    await promise(ctx, Approval.decision).reject(
      new TerminalError(why, { errorCode: 451, metadata: { office: 'legal' } }),
    );
  }

  @WorkflowQuery()
  async status(ctx: WorkflowSharedContext): Promise<string> {
    return (await promise(ctx, Approval.decision).peek()) ?? 'open';
  }

  @WorkflowQuery()
  async cleared(ctx: WorkflowSharedContext): Promise<boolean> {
    return (await promise(ctx, Approval.cleared).peek()) ?? false;
  }

  @WorkflowQuery()
  async stateKeys(ctx: WorkflowSharedContext): Promise<string[]> {
    return ctx.stateKeys();
  }
}

/** The same object as `Diary`, known by its contract only. */
const diaryContract = iface.object('Diary', {
  append: iface.json<string, number>(),
  read: iface.shared.json<void, string[]>(),
});

@Service()
class Caller {
  static readonly scenes = new Scenes<Context, Caller>();

  constructor(
    @InjectClient(Echo) readonly echo: ServiceClient<Echo>,
    @InjectClient(() => Diary) readonly diaries: ObjectClient<Diary>,
    @InjectClient(Approval) readonly approvals: WorkflowClient<Approval>,
    @InjectClient(diaryContract) readonly contracted: ObjectClient<typeof diaryContract>,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Caller.scenes.play(scene, ctx, this);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Echo, Diary, Approval, Caller] });
});
afterAll(() => app?.close());

/** Plays a scene inside a handler of `Caller`. */
function inHandler<R>(scene: Scene<Context, Caller, R>): Promise<R> {
  return app.ingress.service(Caller).call.play(Caller.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

let keys = 0;
const newKey = () => `key-${(keys += 1)}`;

describe('A durable call', () => {
  test('gives the result of a service and of an object', async () => {
    const key = newKey();
    expect(
      await inHandler(async (_ctx, { echo, diaries }) => {
        const said = await echo.call.say('hello');
        const length = await diaries.of(key).call.append(said);
        return [length, await diaries.of(key).call.read()];
      }),
    ).toEqual([1, ['hello']]);
  });

  test('reaches a handler under its wire name', async () => {
    expect(await inHandler((_ctx, { echo }) => echo.call.other('x'))).toBe('renamed x');
    expect((await app.invocations('Echo')).map(({ target }) => target)).toContain(`${app.namespace}.Echo/renamed`);
  });

  test('gives undefined for a handler that returns nothing', async () => {
    expect(await inHandler(async (_ctx, { echo }) => String(await echo.call.nothing()))).toBe('undefined');
  });

  test('reaches a component through its contract', async () => {
    const key = newKey();
    expect(
      await inHandler(async (_ctx, { contracted }) => {
        await contracted.of(key).call.append('by contract');
        return contracted.of(key).call.read();
      }),
    ).toEqual(['by contract']);
  });

  test("throws the callee's terminal error with its status and metadata", async () => {
    expect(
      await inHandler((_ctx, { echo }) =>
        echo.call.refuse('no tea').then(
          () => 'accepted',
          (error: TerminalError) => [error instanceof TerminalError, error.code, error.message, error.metadata],
        ),
      ),
    ).toEqual([true, 418, 'no tea', { reason: 'teapot' }]);
  });

  test('knows its invocation id', async () => {
    const id = await inHandler(async (_ctx, { echo }) => {
      const call = echo.call.say('id');
      const invocationId = await call.invocationId;
      await call;
      return invocationId;
    });
    expect(await app.query(`select target from sys_invocation where id = '${id}'`)).toEqual([
      { target: `${app.namespace}.Echo/say` },
    ]);
  });

  test('carries headers, an idempotency key and a name', async () => {
    const key = newKey();
    const [header, id, callerId] = await inHandler(async (ctx, { echo }) => {
      const call = echo.call.header('x-tenant', { headers: { 'x-tenant': 'acme' }, idempotencyKey: key, name: 'ask' });
      const invocationId = await call.invocationId;
      return [await call, invocationId, ctx.request().id] as const;
    });
    expect(header).toBe('acme');
    expect(await app.query(`select idempotency_key from sys_invocation where id = '${id}'`)).toEqual([
      { idempotency_key: key },
    ]);
    expect((await app.journal(callerId)).map(({ name }) => name)).toContain('ask');
  });

  test('with one idempotency key reaches the callee once', async () => {
    const [key, diary] = [newKey(), newKey()];
    expect(
      await inHandler(async (_ctx, { diaries }) => {
        const first = await diaries.of(diary).call.append('once', { idempotencyKey: key });
        const second = await diaries.of(diary).call.append('twice', { idempotencyKey: key });
        return [first, second, await diaries.of(diary).call.read()];
      }),
    ).toEqual([1, 1, ['once']]);
  });
});

describe('A one-way call', () => {
  test('is delivered once, and its invocation id is known', async () => {
    const key = newKey();
    const id = await inHandler((_ctx, { diaries }) => diaries.of(key).send.append('posted').invocationId);
    await eventually(async () =>
      expect(await app.query(`select target, status from sys_invocation where id = '${id}'`)).toEqual([
        { target: `${app.namespace}.Diary/${key}/append`, status: 'completed' },
      ]),
    );
    expect(await app.ingress.object(Diary).of(key).call.read()).toEqual(['posted']);
  });

  test('with a delay is delivered later, once, with its options', async () => {
    const [key, idempotencyKey] = [newKey(), newKey()];
    const sent = await inHandler(async (ctx, { diaries }) => {
      const time = await run(ctx, 'time', () => Date.now());
      const handle = diaries.of(key).send.append('late', { delay: { seconds: 1 }, idempotencyKey });
      return { time, id: await handle.invocationId };
    });
    const row = () => app.query(`select status, idempotency_key from sys_invocation where id = '${sent.id}'`);
    expect(await row()).toEqual([{ status: 'scheduled', idempotency_key: idempotencyKey }]);
    expect(await app.ingress.object(Diary).of(key).call.read()).toEqual([]);
    await eventually(async () => expect(await row()).toMatchObject([{ status: 'completed' }]));
    const arrivals = await app.ingress.object(Diary).of(key).call.arrivals();
    expect(arrivals).toHaveLength(1);
    expect(arrivals[0]! - sent.time).toBeGreaterThanOrEqual(990);
  });
});

describe('Durable futures of clients', () => {
  test('combine with all, allSettled and race, and with runs', async () => {
    const key = newKey();
    expect(
      await inHandler(async (ctx, { echo, diaries }) => {
        const both = await all(ctx, [echo.call.say('a'), diaries.of(key).call.append('x'), run(ctx, 'r', () => 'ran')]);
        const settled = await allSettled(ctx, [echo.call.say('b'), echo.call.refuse('no')]);
        const first = await race(ctx, [echo.call.nap(60_000), echo.call.say('fast')]);
        return [both, settled.map(({ status }) => status), first];
      }),
    ).toEqual([['a', 1, 'ran'], ['fulfilled', 'rejected'], 'fast']);
  });

  test('time out', async () => {
    expect(
      await inHandler((_ctx, { echo }) =>
        echo.call
          .nap(60_000)
          .orTimeout(50)
          .catch((error: TerminalError) => error.code),
      ),
    ).toBe(408);
  });
});

describe('A workflow, from a handler,', () => {
  test('is submitted, queried, signalled and attached to', async () => {
    const id = newKey();
    expect(
      await inHandler(async (_ctx, { approvals }) => {
        const approval = approvals.of(id);
        const submitted = approval.submit('budget');
        await submitted.invocationId;
        const before = [await approval.query.status(), await approval.output()];
        await approval.signal.approve('Ada');
        return [before, await submitted.attach(), await approval.attach(), await approval.output()];
      }),
    ).toEqual([
      ['open', { ready: false }],
      'budget: approved by Ada',
      'budget: approved by Ada',
      { ready: true, result: 'budget: approved by Ada' },
    ]);
  });

  test('is attached to by its id right after it was submitted', async () => {
    for (let round = 0; round < 5; round += 1) {
      const id = newKey();
      const waiting = inHandler(async (_ctx, { approvals }) => {
        await approvals.of(id).submit('travel').invocationId;
        return approvals.of(id).attach();
      }).catch((error: Error) => error.message);
      await app.ingress.workflow(Approval).of(id).signal.approve('Grace');
      expect(await waiting).toBe('travel: approved by Grace');
    }
  });

  test('is attached to by its id from another handler, before and after it has ended', async () => {
    const id = newKey();
    const start = (ctx: Context, { approvals }: Caller) => approvals.of(id).submit('travel').invocationId;
    await inHandler(start);
    expect(await inHandler((_ctx, { approvals }) => approvals.of(id).query.status())).toBe('open');
    const waiting = inHandler((_ctx, { approvals }) => approvals.of(id).attach());
    await inHandler((_ctx, { approvals }) => approvals.of(id).signal.approve('Grace'));
    expect(await waiting).toBe('travel: approved by Grace');
    expect(await inHandler((_ctx, { approvals }) => approvals.of(id).attach())).toBe('travel: approved by Grace');
  });

  test('is attached to by its id also while it runs with its state cleared', async () => {
    const id = newKey();
    await inHandler((_ctx, { approvals }) => approvals.of(id).submit('clear').invocationId);
    await eventually(async () => expect(await app.ingress.workflow(Approval).of(id).query.cleared()).toBe(true));
    const waiting = inHandler((_ctx, { approvals }) => approvals.of(id).attach()).catch(
      (error: Error) => error.message,
    );
    await inHandler((_ctx, { approvals }) => approvals.of(id).signal.approve('Ada'));
    expect(await waiting).toBe('clear: approved by Ada');
  });

  test('sees only state keys of its own', async () => {
    const id = newKey();
    await inHandler((_ctx, { approvals }) => approvals.of(id).submit('keys').invocationId);
    await inHandler((_ctx, { approvals }) => approvals.of(id).signal.approve('Ada'));
    expect(await inHandler((_ctx, { approvals }) => approvals.of(id).query.stateKeys())).toEqual([]);
  });

  test('that was never started is not found by attach, and has no output', async () => {
    expect(
      await inHandler(async (_ctx, { approvals }) => {
        const code = await approvals
          .of('never')
          .attach()
          .catch((error: TerminalError) => error.code);
        return [code, await approvals.of('never').output()];
      }),
    ).toEqual([404, { ready: false }]);
  });

  test('is started once when it is submitted twice', async () => {
    const id = newKey();
    expect(
      await inHandler(async (_ctx, { approvals }) => {
        const approval = approvals.of(id);
        const first = approval.submit('first');
        await first.invocationId;
        const second = approval.submit('second');
        await second.invocationId;
        await approval.signal.approve('Ada');
        return [await first.attach(), await second.attach(), await approval.attach()];
      }),
    ).toEqual(Array(3).fill('first: approved by Ada'));
    expect((await app.invocations('Approval')).filter(({ target }) => target.endsWith(`/${id}/run`))).toHaveLength(1);
  });

  test('that failed throws its error where it is attached to, with status and metadata', async () => {
    const id = newKey();
    const failure = (error: TerminalError) => [error.code, error.message, error.metadata];
    expect(
      await inHandler(async (_ctx, { approvals }) => {
        const approval = approvals.of(id);
        const submitted = approval.submit('fraud');
        await submitted.invocationId;
        await approval.signal.refuse('forbidden');
        return [
          await submitted.attach().catch(failure),
          await approval.attach().catch(failure),
          await approval.output().then(String, failure),
        ];
      }),
    ).toEqual(Array.from({ length: 3 }, () => [451, 'forbidden', { office: 'legal' }]));
  });
});

describe('A misused client', () => {
  test('refuses a method that is not decorated, and sends nothing', async () => {
    let id = '';
    await expect(
      inHandler(async (ctx, { echo }) => {
        id = ctx.request().id;
        await (echo.call as unknown as { plain(text: string): Promise<string> }).plain('x');
      }),
    ).rejects.toMatchObject({
      status: 404,
      response: { code: 'REA3002', message: expect.stringMatching(/Echo.*plain/) },
    });
    const entries = (await app.journal(id)).map(({ entry_type }) => entry_type);
    expect(entries.filter((type) => type.includes('Call'))).toEqual([]);
  });

  test('refuses the run method among signals, and a signal among calls that do not exist', async () => {
    await expect(
      inHandler((_ctx, { approvals }) =>
        (approvals.of('x').signal as never as { decide(s: string): Promise<void> }).decide('x'),
      ),
    ).rejects.toMatchObject({ response: { code: 'REA3002' } });
  });

  test('refuses to be used outside a handler', () => {
    const echo = app.get<ServiceClient<Echo>>(getClientToken(Echo));
    const approvals = app.get<WorkflowClient<Approval>>(getClientToken(Approval));
    expect(() => echo.call.say('x')).toThrow(OutsideHandlerError);
    expect(() => echo.call.say('x')).toThrow(/REA3003.*Echo/);
    expect(() => echo.send.say('x')).toThrow(OutsideHandlerError);
    expect(() => approvals.of('x').submit('y')).toThrow(OutsideHandlerError);
  });

  test(
    'does nothing after the handler has ended, and that is logged',
    { meta: { claim: 'floating-wait' } },
    async () => {
      tried(1);
      const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const ended = Promise.withResolvers<void>();
      const used = Promise.withResolvers<void>();
      const settled = vi.fn();
      await inHandler(async (_ctx, { echo }) => {
        void ended.promise.then(() => {
          echo.call.say('too late').then(settled, settled);
          used.resolve();
        });
        return 'done';
      });
      ended.resolve();
      await used.promise;
      await drained();
      expect(error).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^REA3003: call.say of Echo .* had ended/));
      expect(settled).not.toHaveBeenCalled();
      error.mockRestore();
    },
  );
});

describe('The key of an object or workflow', () => {
  test.each([
    ['empty', ''],
    ['300 characters long', 'k'.repeat(300)],
    ['with a line feed', 'a\nb'],
    ['with a NUL', 'a\u0000b'],
    ['with a DEL', 'a\u007fb'],
    ['with a C1 control character', 'a\u0085b'],
    ['a dot, which no URL can carry', '.'],
    ['two dots, which no URL can carry', '..'],
    ['half of a surrogate pair, which UTF-8 cannot carry', '\ud83e'],
    ['missing', undefined as unknown as string],
  ])('is refused with 400 when it is %s', async (_what, key) => {
    const code = (error: TerminalError) => [error.code, error.metadata?.['rea.code'], error.message.slice(0, 8)];
    expect(
      await inHandler(async (_ctx, { diaries, approvals }) => {
        const attempt = async (use: () => unknown) => {
          try {
            await use();
            return 'accepted';
          } catch (error) {
            return code(error as TerminalError);
          }
        };
        return [await attempt(() => diaries.of(key)), await attempt(() => approvals.of(key))];
      }),
    ).toEqual(Array.from({ length: 2 }, () => [400, 'REA3001', 'REA3001:']));
  });

  test.each([
    ['of 256 characters', 'k'.repeat(256)],
    ['of 256 characters that are several bytes each', '漢'.repeat(256)],
    ['that means something in a URL', 'a/b%2Fc?d#e&f=ü 🦊+;\\'],
  ])('%s names the same object in a handler and through the ingress', async (_what, key) => {
    await inHandler((_ctx, { diaries }) => diaries.of(key).call.append('inside'));
    await app.ingress.object(Diary).of(key).call.append('outside', { idempotencyKey: false });
    expect(await app.ingress.object(Diary).of(key).call.read()).toEqual(['inside', 'outside']);
    expect(await inHandler((_ctx, { diaries }) => diaries.of(key).call.read())).toEqual(['inside', 'outside']);
  });
});

test('Clients, addresses and their verbs are never taken for promises', async () => {
  expect(
    await inHandler(async (_ctx, { echo, diaries, approvals }) => {
      const [diary, approval] = [diaries.of('k'), approvals.of('k')];
      const things = [echo, echo.call, echo.send, diaries, diary, diary.call, diary.send];
      const facades = [...things, approvals, approval, approval.signal, approval.query];
      // This would wait for ever for anything that answers to `then`.
      const awaited = await Promise.all(facades.map((thing) => Promise.resolve(thing)));
      return awaited.every((thing, index) => thing === facades[index]);
    }),
  ).toBe(true);
});
