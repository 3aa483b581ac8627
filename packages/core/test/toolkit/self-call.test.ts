import {
  Handler,
  InjectClient,
  type ObjectClient,
  PolicyService,
  ReaEvents,
  run,
  Service,
  type ServiceClient,
  Shared,
  state,
  stateKey,
  type Violation,
  VirtualObject,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failOnce } from './stage.js';

/** One stop of a journey: where to, and how. */
interface Stop {
  readonly to: 'ping' | 'pong' | 'relay' | 'shared';
  readonly key?: string;
  readonly verb?: 'call' | 'send';
}

/** Not a component: goes to the next stop for whoever asks, with durable clients. */
class Travel {
  constructor(
    @InjectClient(() => Ping) private readonly pings: ObjectClient<Ping>,
    @InjectClient(() => Pong) private readonly pongs: ObjectClient<Pong>,
    @InjectClient(() => Guide) private readonly guide: ServiceClient<Guide>,
  ) {}

  async on([stop, ...rest]: Stop[]): Promise<string[]> {
    if (!stop) return [];
    const { to, key = 'a', verb = 'call' } = stop;
    if (to === 'relay') return this.guide.call.relay(rest);
    if (to === 'shared') return this.pings.of(key).call.look(rest);
    const object = (to === 'ping' ? this.pings : this.pongs).of(key);
    if (verb === 'call') return object.call.visit(rest);
    object.send.visit(rest);
    return ['sent'];
  }
}

@VirtualObject()
class Ping {
  static readonly visits = stateKey<number>('visits', { default: () => 0 });

  constructor(
    @InjectClient(() => Guide) private readonly guide: ServiceClient<Guide>,
    private readonly travel: Travel,
  ) {}

  @Handler()
  async visit(ctx: ObjectContext, route: Stop[]): Promise<string[]> {
    await state(ctx, Ping.visits).update((visits) => visits + 1);
    return [`ping/${ctx.key}`, ...(await this.travel.on(route))];
  }

  @Handler()
  async visitAfterFailure(ctx: ObjectContext, route: Stop[]): Promise<string[]> {
    await run(ctx, 'effect', () => void (effects += 1));
    await this.guide.call.rest();
    fail();
    return this.travel.on(route);
  }

  @Shared()
  async look(ctx: ObjectSharedContext, route: Stop[]): Promise<string[]> {
    return [`shared/${ctx.key}`, ...(await this.travel.on(route))];
  }

  @Shared()
  async visits(ctx: ObjectSharedContext): Promise<number> {
    return state(ctx, Ping.visits).get();
  }
}

@VirtualObject()
class Pong {
  constructor(private readonly travel: Travel) {}

  @Handler()
  async visit(ctx: ObjectContext, route: Stop[]): Promise<string[]> {
    return [`pong/${ctx.key}`, ...(await this.travel.on(route))];
  }
}

@Service()
class Guide {
  constructor(private readonly travel: Travel) {}

  @Handler()
  async relay(_ctx: Context, route: Stop[]): Promise<string[]> {
    return ['relay', ...(await this.travel.on(route))];
  }

  @Handler()
  async rest(_ctx: Context): Promise<void> {}
}

let fail = (): void => {};
let effects = 0;
let app: ReaTestApp;
const found: Violation[] = [];
beforeAll(async () => {
  app = await createTestApp({ providers: [Ping, Pong, Guide, Travel] });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
});
afterAll(() => app?.close());
beforeEach(() => {
  found.length = 0;
  fail = () => {};
});
afterEach(() => app.get(PolicyService).set('warn'));

const options = { idempotencyKey: false, timeout: 20_000 } as const;
const visit = (key: string, ...route: Stop[]) => app.ingress.object(Ping).of(key).call.visit(route, options);
const refused = (place: RegExp) => ({
  status: 500,
  response: { code: 'REA2013', message: expect.stringMatching(place) },
});

describe('A call that would wait for a lock that its own chain holds', () => {
  test.each<['warn' | 'strict', string, Stop[], RegExp]>(
    (['warn', 'strict'] as const).flatMap((mode): ['warn' | 'strict', string, Stop[], RegExp][] => [
      [mode, 'to the object itself', [{ to: 'ping' }], /Ping call\.visit\(\) to \S+Ping\/a, .* in Ping\/visit\./],
      [mode, 'back from another object', [{ to: 'pong' }, { to: 'ping' }], /Ping\/a, .* in Pong\/visit\./],
      [mode, 'through a service', [{ to: 'relay' }, { to: 'ping' }], /Ping\/a, .* in Guide\/relay\./],
      [mode, 'through a shared handler', [{ to: 'shared' }, { to: 'ping' }], /Ping\/a, .* in Ping\/look\./],
      [
        mode,
        'to a stop in the middle of the chain',
        [{ to: 'pong', key: 'b' }, { to: 'relay' }, { to: 'ping', key: 'c' }, { to: 'pong', key: 'b' }],
        /Pong\/b, .* in Ping\/visit\./,
      ],
    ]),
  )('is refused in mode %s %s', async (mode, _what, route, message) => {
    app.get(PolicyService).set(mode);
    await expect(visit('a', ...route)).rejects.toMatchObject(refused(message));
    for (const each of found) expect(each).toMatchObject({ rule: { id: 'self-call' }, refused: true });
  });

  test('is refused for keys that need escaping', async () => {
    for (const key of ['a,b', 'a/b', 'ä ö', '%2F', '😀']) {
      await expect(visit(key, { to: 'pong' }, { to: 'ping', key })).rejects.toMatchObject(refused(/REA2013/));
    }
  });

  test('is refused at the end of a chain of 20', async () => {
    const route = Array.from({ length: 20 }, (_, index): Stop => ({ to: 'ping', key: `deep-${index + 1}` }));
    await expect(visit('deep-0', ...route, { to: 'ping', key: 'deep-0' })).rejects.toMatchObject(
      refused(/Ping\/deep-0, .* in Ping\/visit\./),
    );
  });

  test('is refused also in an attempt that follows a failure, and what was done is done once', async () => {
    fail = failOnce();
    effects = 0;
    const call = app.ingress
      .object(Ping)
      .of('a')
      .call.visitAfterFailure([{ to: 'ping' }], options);
    await expect(call).rejects.toMatchObject(refused(/in Ping\/visitAfterFailure\./));
    expect(effects).toBe(1);
  });

  test('lets the lock go: the object answers the next call', async () => {
    await expect(visit('free', { to: 'ping', key: 'free' })).rejects.toMatchObject({ response: { code: 'REA2013' } });
    expect(await visit('free')).toEqual(['ping/free']);
  });
});

describe('A call that waits for no lock of its own chain is let through:', () => {
  test.each<[string, Stop[], string[]]>([
    ['to another key', [{ to: 'ping', key: 'other' }], ['ping/a', 'ping/other']],
    ['to the same key of another object', [{ to: 'pong' }], ['ping/a', 'pong/a']],
    ['to a shared handler of the object itself', [{ to: 'shared' }], ['ping/a', 'shared/a']],
    ['a message to the object itself', [{ to: 'ping', verb: 'send' }], ['ping/a', 'sent']],
    [
      'a message back from another object',
      [{ to: 'pong' }, { to: 'ping', verb: 'send' }],
      ['ping/a', 'pong/a', 'sent'],
    ],
    [
      'to keys that begin alike',
      [
        { to: 'ping', key: 'aa' },
        { to: 'ping', key: 'a,a' },
        { to: 'ping', key: 'a/a' },
      ],
      ['ping/a', 'ping/aa', 'ping/a,a', 'ping/a/a'],
    ],
  ])('%s', async (_what, route, stops) => {
    app.get(PolicyService).set('strict', 'self-call');
    expect(await visit('a', ...route)).toEqual(stops);
    expect(found).toEqual([]);
  });

  test('twice to the same object, one after the other', async () => {
    expect(await visit('a', { to: 'relay' }, { to: 'pong' })).toEqual(['ping/a', 'relay', 'pong/a']);
    expect(await visit('a', { to: 'relay' }, { to: 'pong' })).toEqual(['ping/a', 'relay', 'pong/a']);
    expect(found).toEqual([]);
  });

  test('a message that starts a chain of its own, which may call back', async () => {
    const key = `back-${Date.now()}`;
    const route: Stop[] = [
      { to: 'pong', verb: 'send' },
      { to: 'ping', key },
    ];
    expect(await visit(key, ...route)).toEqual([`ping/${key}`, 'sent']);
    await expect.poll(() => app.ingress.object(Ping).of(key).call.visits(), { timeout: 10_000 }).toBe(2);
    expect(found).toEqual([]);
  });

  test('through 20 different objects', async () => {
    const route = Array.from({ length: 20 }, (_, index): Stop => ({ to: 'ping', key: `long-${index + 1}` }));
    expect(await visit('long-0', ...route)).toHaveLength(21);
    expect(found).toEqual([]);
  });

  test('of two callers at once, who wait for each other and not for themselves', async () => {
    const both = await Promise.all([visit('x', { to: 'pong', key: 'busy' }), visit('y', { to: 'pong', key: 'busy' })]);
    expect(both).toEqual([
      ['ping/x', 'pong/busy'],
      ['ping/y', 'pong/busy'],
    ]);
  });
});
