import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import {
  awakeable,
  Handler,
  InjectClient,
  type ObjectClient,
  promise,
  promiseKey,
  ReaEvents,
  resolveAwakeable,
  run,
  Service,
  type ServiceClient,
  state,
  stateKey,
  type Violation,
  VirtualObject,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext, WorkflowContext, WorkflowSharedContext } from '@restatedev/restate-sdk';
import { of } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import '../../../../test/support/claim.js';

class Money {
  constructor(readonly cents: number) {}
  get euros(): number {
    return this.cents / 100;
  }
}
class Priced extends Money {}
class PlainDto {
  name = 'tea';
}
class Price {
  constructor(private readonly cents: number) {}
  toJSON(): { cents: number } {
    return { cents: this.cents };
  }
}
/** Others may subscribe to it; it is no Observable. */
class Subscription {
  constructor(private readonly plan: string) {}
  subscribe(): void {}
  toJSON(): unknown {
    return { plan: this.plan };
  }
}
class Pages {
  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    yield 1;
  }
  toJSON(): number[] {
    return [1, 2];
  }
}
class SentRequest {
  async arrayBuffer(): Promise<ArrayBuffer> {
    return new ArrayBuffer(0);
  }
  async json(): Promise<unknown> {
    return {};
  }
  toJSON(): unknown {
    return { url: '/x' };
  }
}

/** What JSON loses something of, and how the finding says it. */
const LOSSY: readonly [string, unknown, string][] = [
  ['a map', new Map([['a', 1]]), 'a Map'],
  ['a map in an object', { prices: new Map() }, 'a Map at .prices'],
  ['a date in a map', { at: new Map([['a', new Date(0)]]) }, 'a Map at .at'],
  ['a set in an array', [1, new Set([1])], 'a Set at [1]'],
  ['a weak map', { cache: new WeakMap() }, 'a WeakMap at .cache'],
  ['NaN', { total: Number.NaN }, 'NaN at .total'],
  ['infinity', { a: { b: [1, -Infinity] } }, '-Infinity at .a.b[1]'],
  ['undefined in an array', ['a', undefined], 'undefined at [1]'],
  // oxlint-disable-next-line no-sparse-arrays
  ['a hole in an array', [1, , 3], 'undefined at [1]'],
  ['a function in an object', { name: 'x', format: () => '' }, 'a function at .format'],
  ['a function in an array', [() => 1], 'a function at [0]'],
  ['a symbol in an object', { kind: Symbol('x') }, 'a symbol at .kind'],
  ['an instance with a getter', { price: new Money(1) }, 'a Money at .price'],
  ['an instance that inherits', [new Priced(1)], 'a Priced at [0]'],
  ['an error', { cause: new Error('no') }, 'an Error at .cause'],
  ['a regular expression', { pattern: /x/ }, 'a RegExp at .pattern'],
  ['bytes', { photo: new Uint8Array([1]) }, 'an Uint8Array at .photo'],
  ['a buffer', { photo: Buffer.from('x') }, 'a Buffer at .photo'],
  ['numbers of a typed array', new Float64Array(2), 'a Float64Array'],
  ['an invalid date', { at: new Date(Number.NaN) }, 'an invalid Date at .at'],
  ['a promise', { later: Promise.resolve(1) }, 'a Promise at .later'],
];

/** What JSON keeps, or whose type says what it is in JSON. */
const KEPT: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['texts and numbers', ['a', 1, -0, true, null]],
  ['a date', { at: new Date(0) }],
  ['a DTO without methods', new PlainDto()],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: 1 })],
  ['a value with toJSON', { price: new Price(5) }],
  ['an address', new URL('http://localhost/x')],
  ['an undefined field', { a: undefined, b: 1 }],
  ['a map after 500 other parts', [...Array.from({ length: 500 }, (_, index) => index), new Map()]],
];

let value: unknown;
const PLACES = ['run', 'output', 'call', 'send', 'state', 'promise', 'awakeable'] as const;
type Place = (typeof PLACES)[number];

@Service()
class Taker {
  @Handler()
  async take(_ctx: Context, _value: unknown): Promise<void> {}
}

@VirtualObject()
class Shelf {
  static readonly thing = stateKey<unknown>('thing');

  @Handler()
  async put(ctx: ObjectContext): Promise<void> {
    state(ctx, Shelf.thing).set(value);
  }
}

@Workflow()
class Flow {
  static readonly thing = promiseKey<unknown>('thing');

  @WorkflowRun()
  async run(_ctx: WorkflowContext): Promise<void> {}

  @WorkflowSignal()
  async settle(ctx: WorkflowSharedContext): Promise<void> {
    await promise(ctx, Flow.thing).resolve(value);
  }
}

@Service({ retryPolicy: { initialInterval: 20, maxInterval: 50, maxAttempts: 3, onMaxAttempts: 'kill' } })
class Writer {
  static attempts = 0;

  constructor(
    @InjectClient(Taker) private readonly taker: ServiceClient<Taker>,
    @InjectClient(Shelf) private readonly shelves: ObjectClient<Shelf>,
    @InjectClient(Flow) private readonly flows: WorkflowClient<Flow>,
  ) {}

  @Handler()
  async write(ctx: Context, { place, key }: { place: Place; key: string }): Promise<unknown> {
    Writer.attempts += 1;
    switch (place) {
      case 'run':
        await run(ctx, 'make', () => value);
        return 'done';
      case 'output':
        return value;
      case 'call':
        await this.taker.call.take(value);
        return 'done';
      case 'send':
        this.taker.send.take(value);
        return 'done';
      case 'state':
        await this.shelves.of(key).call.put();
        return 'done';
      case 'promise':
        await this.flows.of(key).submit().attach();
        await this.flows.of(key).signal.settle();
        return 'done';
      case 'awakeable':
        resolveAwakeable(ctx, awakeable(ctx).id, value);
        return 'done';
    }
  }
}

let app: ReaTestApp;
const found: Violation[] = [];
const outcomes: string[] = [];
let keys = 0;

beforeAll(async () => {
  app = await createTestApp({ providers: [Taker, Shelf, Flow, Writer], rea: { policy: 'warn' } });
  app.get(ReaEvents).on('violation', (violation) => found.push(violation));
  app.get(ReaEvents).on('attempt-ended', ({ outcome }) => outcomes.push(outcome));
});
afterAll(() => app?.close());
afterEach(() => {
  found.length = 0;
  outcomes.length = 0;
  Writer.attempts = 0;
});

function write(place: Place, written: unknown): Promise<unknown> {
  value = written;
  const key = `k-${(keys += 1)}`;
  return app.ingress.service(Writer).call.write({ place, key }, { idempotencyKey: false });
}

describe('A value that JSON does not keep', { meta: { claim: 'journaled' } }, () => {
  test.for(LOSSY)('is found as the result of a run: %s', async ([, lossy, words]) => {
    await write('run', lossy);
    expect(found.map(({ rule, what }) => [rule.id, what])).toContainEqual([
      'lossy-value',
      `The result of run "make" has ${words}`,
    ]);
  });

  test.for(PLACES.filter((place) => place !== 'send'))('is found where it is written: %s', async (place) => {
    await write(place, { tags: new Set(['a']) });
    const [violation] = found;
    expect(violation).toMatchObject({ rule: { id: 'lossy-value' }, refused: false });
    expect(violation!.what).toMatch(/ has a Set at \.tags$/);
  });

  test.for(KEPT)('is not found in %s', async ([, kept]) => {
    for (const place of ['run', 'output', 'call'] as const) await write(place, kept);
    expect(found).toEqual([]);
  });
});

describe('A bigint', { meta: { claim: 'journaled' } }, () => {
  test.for(PLACES)('is refused where it is written, and not retried: %s', async (place) => {
    await expect(write(place, { total: 1n })).rejects.toMatchObject({ code: 'REA7020' });
    expect(outcomes).not.toContain('retrying');
  });
});

/** What a handler cannot answer with. */
const UNANSWERABLE: readonly [string, () => unknown, string][] = [
  ['an Observable', () => of(1), 'an Observable'],
  ['a stream of Node', () => Readable.from(['a']), 'a stream'],
  ['a stream of the web', () => new ReadableStream(), 'a stream'],
  ['a writable stream', () => new WritableStream(), 'a stream'],
  ['a streamable file', () => new StreamableFile(Buffer.from('x')), 'a file of a stream'],
  ['a response', () => new Response('x'), 'an HTTP message'],
  ['a request', () => new Request('http://localhost'), 'an HTTP message'],
  [
    'an async generator',
    async function* generate() {
      yield 1;
    },
    'an async iterator',
  ],
  [
    'a generator',
    function* generate() {
      yield 1;
    },
    'an iterator',
  ],
  ['the iterator of a map', () => new Map([['a', 1]]).values(), 'an iterator'],
  ['a function', () => () => 1, 'a function'],
  ['a class', () => Money, 'a function'],
  ['a symbol', () => Symbol('x'), 'a symbol'],
];

describe('A handler that answers with what cannot be journaled', { meta: { claim: 'journaled' } }, () => {
  test.for(UNANSWERABLE)('is refused in words: %s', async ([, make, words]) => {
    await expect(write('output', make())).rejects.toMatchObject({
      code: 'REA7080',
      message: expect.stringContaining(`The output of Writer/write is ${words}, which cannot be journaled`),
    });
    expect(Writer.attempts).toBe(1);
  });

  test.for<[string, () => unknown, unknown]>([
    ['a subscription', () => ({ subscribe: () => 0, plan: 'gold' }), { plan: 'gold' }],
    ['an instance with subscribe', () => new Subscription('gold'), { plan: 'gold' }],
    ['pages with toJSON', () => new Pages(), [1, 2]],
    ['a request with toJSON', () => new SentRequest(), { url: '/x' }],
  ])('is not taken for one that can be: %s', async ([, make, json]) => {
    expect(await write('output', make())).toEqual(json);
  });

  test('is refused by the name that libraries of observables share', async () => {
    const foreign = Object.assign(Object.create({}) as object, { '@@observable': () => foreign });
    await expect(write('output', foreign)).rejects.toMatchObject({ code: 'REA7080' });
  });
});
