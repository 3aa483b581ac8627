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
  type RetentionProfile,
  type Violation,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, ObjectSharedContext, WorkflowContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failOnce } from './stage.js';

/** Where a value for the journal comes from. */
type Place = 'run' | 'call' | 'send' | 'output' | 'state';

interface Asked {
  readonly place: Place;
  readonly text: string;
}

@Service()
class Taker {
  static taken = 0;

  @Handler()
  async take(_ctx: Context, _text: unknown): Promise<void> {
    Taker.taken += 1;
  }
}

@VirtualObject({ retryPolicy: { initialInterval: 20, maxInterval: 50, maxAttempts: 4, onMaxAttempts: 'kill' } })
class Shelf {
  static readonly text = stateKey<unknown>('text');

  @Handler()
  async put(ctx: ObjectContext, text: string): Promise<void> {
    Giver.attempts += 1;
    state(ctx, Shelf.text).set(text);
  }

  @Handler()
  async putOdd(ctx: ObjectContext, where: 'set' | 'update'): Promise<void> {
    Giver.attempts += 1;
    if (where === 'set') state(ctx, Shelf.text).set({ odd: 1n });
    else await state(ctx, Shelf.text).update(() => 1n);
  }

  @Shared()
  async length(ctx: ObjectSharedContext): Promise<number> {
    return JSON.stringify(await state(ctx, Shelf.text).get()).length;
  }
}

@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50, maxAttempts: 4, onMaxAttempts: 'kill' } })
class Giver {
  static attempts = 0;
  static tries = 0;
  static values: (() => unknown)[] = [];
  static fail = (): void => {};

  constructor(
    @InjectClient(Taker) private readonly taker: ServiceClient<Taker>,
    @InjectClient(Shelf) private readonly shelves: ObjectClient<Shelf>,
  ) {}

  @Handler()
  async give(ctx: Context, { place, text }: Asked): Promise<unknown> {
    Giver.attempts += 1;
    switch (place) {
      case 'run':
        await run(ctx, 'text', () => {
          Giver.tries += 1;
          return text;
        });
        break;
      case 'call':
        await this.taker.call.take(text);
        break;
      case 'send':
        this.taker.send.take(text);
        break;
      case 'state':
        await this.shelves.of(text).call.length();
        break;
      case 'output':
        return text;
    }
    Giver.fail();
    return 'given';
  }

  @Handler()
  async giveOdd(_ctx: Context, place: 'call' | 'send' | 'output'): Promise<unknown> {
    Giver.attempts += 1;
    const odd: unknown = { amount: 1n };
    if (place === 'call') await this.taker.call.take(odd);
    if (place === 'send') this.taker.send.take(odd);
    return odd;
  }
}

let app: ReaTestApp;
const found: Violation[] = [];
beforeAll(async () => {
  app = await createTestApp({ providers: [Giver, Taker, Shelf], rea: { limits: { warnBytes: 100, maxBytes: 1_000 } } });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
});
afterAll(() => app?.close());
beforeEach(() => {
  found.length = 0;
  Giver.attempts = 0;
  Giver.tries = 0;
  Giver.fail = () => {};
  Taker.taken = 0;
});
afterEach(() => app.get(PolicyService).set('warn'));

/** A text that has this many bytes as JSON. */
const ofBytes = (bytes: number) => 'x'.repeat(bytes - 2);

let shelves = 0;
function give(place: Place, text: string): Promise<unknown> {
  if (place === 'state') {
    shelves += 1;
    return app.ingress.object(Shelf).of(`shelf-${shelves}`).call.put(text, { idempotencyKey: false });
  }
  return app.ingress.service(Giver).call.give({ place, text }, { idempotencyKey: false });
}

const places: [Place, RegExp][] = [
  ['run', /^The result of run "text" has \d+ bytes/],
  ['call', /^The input of Taker call\.take\(\) has \d+ bytes/],
  ['send', /^The input of Taker send\.take\(\) has \d+ bytes/],
  ['output', /^The output of Giver\/give has \d+ bytes/],
  ['state', /^The state "text" has \d+ bytes/],
];

describe.each(places)('A value for the journal from %s', (place, what) => {
  test('up to limits.warnBytes is not reported', async () => {
    await give(place, ofBytes(100));
    expect(found).toEqual([]);
  });

  test.each([101, 1_000])('of %i bytes is reported and goes through in mode warn', async (bytes) => {
    await give(place, ofBytes(bytes));
    expect(found.length).toBeGreaterThan(0);
    for (const violation of found) {
      expect(violation).toMatchObject({
        rule: { id: 'large-value' },
        refused: false,
        what: expect.stringMatching(what),
      });
      expect(violation.what).toMatch(new RegExp(`has ${bytes} bytes \\(limit 100\\)`));
    }
  });

  test('beyond limits.warnBytes is refused in mode strict, in one attempt', async () => {
    app.get(PolicyService).set('strict');
    await expect(give(place, ofBytes(101))).rejects.toMatchObject({ status: 500, response: { code: 'REA2014' } });
    expect(place === 'run' ? Giver.tries : Giver.attempts).toBe(1);
  });

  test('beyond limits.maxBytes is refused in mode warn, in one attempt', async () => {
    await expect(give(place, ofBytes(1_001))).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA2015', message: expect.stringMatching(/has 1001 bytes \(limit 1000\).*limits\.maxBytes/) },
    });
    expect(place === 'run' ? Giver.tries : Giver.attempts).toBe(1);
    expect(Taker.taken).toBe(0);
  });

  test('goes through in mode disabled, whatever its size', async () => {
    app.get(PolicyService).set('disabled');
    await give(place, ofBytes(5_000));
    expect(found).toEqual([]);
  });
});

describe('The size of a value', () => {
  test('is counted in bytes, not in characters', async () => {
    await give('run', 'é'.repeat(60));
    expect(found.map(({ what }) => what)).toContain('The result of run "text" has 122 bytes (limit 100)');
  });

  test('is checked although the handler fails after it, and the effect is had once', async () => {
    Giver.fail = failOnce();
    await give('run', ofBytes(200));
    expect(Giver.tries).toBe(1);
    expect(found.filter(({ what }) => what.startsWith('The result of run')).length).toBe(1);
  });

  test('that was refused leaves the state as it was', async () => {
    const shelf = app.ingress.object(Shelf).of('kept');
    await shelf.call.put('before', { idempotencyKey: false });
    await expect(shelf.call.put(ofBytes(1_001), { idempotencyKey: false })).rejects.toMatchObject({ status: 500 });
    expect(await app.state('Shelf', 'kept')).toEqual({ text: 'before' });
  });
});

describe('A value that JSON cannot write', () => {
  test.each([
    ['as an input of a call', 'call', /^REA7020: The input of Taker call\.take\(\) cannot be written to the journal/],
    ['as an input of a send', 'send', /^REA7020: The input of Taker send\.take\(\) cannot be written to the journal/],
    ['as an output', 'output', /^REA7020: The output of Giver\/giveOdd cannot be written to the journal/],
  ] as const)('is a terminal error %s, in one attempt', async (_what, place, message) => {
    await expect(
      app.ingress.service(Giver).call.giveOdd(place, { idempotencyKey: false, timeout: 10_000 }),
    ).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA7020', message: expect.stringMatching(message) },
    });
    expect(Giver.attempts).toBe(1);
    expect(Taker.taken).toBe(0);
  });

  test.each(['set', 'update'] as const)('is a terminal error in %s of a state', async (where) => {
    await expect(
      app.ingress.object(Shelf).of(`odd-${where}`).call.putOdd(where, { idempotencyKey: false }),
    ).rejects.toMatchObject({
      status: 500,
      response: { code: 'REA7020', message: expect.stringContaining('The state "text" cannot be written') },
    });
    expect(await app.state('Shelf', `odd-${where}`)).toEqual({});
  });
});

/** A workflow that stores a text of so many bytes. */
function profiled(retention: RetentionProfile) {
  @Workflow({ name: 'Profiled', retention })
  class Profiled {
    static readonly text = stateKey<string>('text');

    @WorkflowRun()
    async go(ctx: WorkflowContext, bytes: number): Promise<void> {
      state(ctx, Profiled.text).set(ofBytes(bytes));
    }
  }
  return Profiled;
}

describe('Without limits of its own, an application', () => {
  @Workflow({ name: 'Kept', retention: { days: 3, stateBytes: 50 } })
  class Kept {
    static readonly text = stateKey<string>('text');

    @WorkflowRun()
    async go(ctx: WorkflowContext, text: string): Promise<void> {
      state(ctx, Kept.text).set(text);
      await run(ctx, 'text', () => text);
    }
  }

  @Service()
  class Plain {
    @Handler()
    async make(ctx: Context, bytes: number): Promise<void> {
      await run(ctx, 'text', () => ofBytes(bytes));
    }
  }

  let other: ReaTestApp;
  const seen: Violation[] = [];
  beforeAll(async () => {
    other = await createTestApp({ providers: [Kept, Plain] });
    other.get(ReaEvents).on('violation', (violation) => seen.push(violation));
  });
  afterAll(() => other?.close());
  beforeEach(() => void (seen.length = 0));

  const make = (bytes: number) => other.ingress.service(Plain).call.make(bytes, { idempotencyKey: false });

  test('reports values beyond 256 KiB and refuses them beyond 1 MiB', async () => {
    await make(262_144);
    expect(seen).toEqual([]);
    await make(262_145);
    expect(seen.map(({ rule, refused }) => [rule.id, refused])).toEqual([['large-value', false]]);
    await make(1_048_576);
    await expect(make(1_048_577)).rejects.toMatchObject({ response: { code: 'REA2015' } });
  });

  test('reports state of a workflow from the size that its retention names', async () => {
    const flow = other.ingress.workflow(Kept).of('small');
    await (await flow.submit(ofBytes(50))).attach();
    expect(seen).toEqual([]);
    await (await other.ingress.workflow(Kept).of('large').submit(ofBytes(51))).attach();
    expect(new Set(seen.map(({ what }) => what))).toEqual(new Set(['The state "text" has 51 bytes (limit 50)']));
  });

  test('refuses state of a workflow from the limit of the module, when its retention names less', async () => {
    const flow = await other.ingress.workflow(Kept).of('too-large').submit(ofBytes(1_048_577));
    await expect(flow.attach()).rejects.toMatchObject({ response: { code: 'REA2015' } });
  });

  test.each([
    ['standard', 1_048_576],
    ['high-volume', 524_288],
    ['production', 10_485_760],
  ] as const)(
    'reports state from the size of its profile, and refuses it from twice that: %s',
    async (profile, size) => {
      const flow = profiled(profile);
      const own = await createTestApp({ providers: [flow] });
      own.get(ReaEvents).on('violation', (violation) => seen.push(violation));
      const store = async (bytes: number) => {
        const submitted = await own.ingress.workflow(flow).of(`${bytes}`).submit(bytes);
        await submitted.attach();
        return [...new Set(seen.splice(0).map(({ rule, refused }) => `${rule.id} ${refused}`))];
      };
      try {
        expect(await store(size)).toEqual([]);
        expect(await store(size + 1)).toEqual(['large-value false']);
        expect(await store(2 * size)).toEqual(['large-value false']);
        await expect(store(2 * size + 1)).rejects.toMatchObject({ response: { code: 'REA2015' } });
      } finally {
        await own.close();
      }
    },
  );
});
