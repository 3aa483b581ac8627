import { ConflictException, HttpException } from '@nestjs/common';
import { TerminalError } from '@restatedev/restate-sdk';

function withGetter(property: string): Error {
  return Object.defineProperty(new Error('an error'), property, {
    get: () => {
      throw new Error(`no ${property}`);
    },
  });
}

function cyclic(): Error {
  const error = new Error('a cycle');
  error.cause = error;
  return error;
}

function longChain(): Error {
  let error = new Error('the first');
  for (let i = 0; i < 10_000; i += 1) error = new Error(`error ${i}`, { cause: error });
  return error;
}

function cyclicAggregate(): AggregateError {
  const errors: Error[] = [];
  const error = new AggregateError(errors, 'all of them');
  errors.push(error, error);
  return error;
}

const refuse = (): never => {
  throw new TypeError('a trap');
};
const TRAPS: ProxyHandler<object> = {
  get: refuse,
  has: refuse,
  ownKeys: refuse,
  getPrototypeOf: refuse,
  getOwnPropertyDescriptor: refuse,
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** Answers each read with something else. */
function fickle(): Error {
  let reads = 0;
  return Object.defineProperty(new Error(), 'message', {
    get: () => {
      reads += 1;
      if (reads > 2) throw new Error('no more');
      return `read ${reads}`;
    },
  });
}

class Unprintable extends Error {
  override toString(): never {
    throw new Error('no text');
  }

  [Symbol.toPrimitive](): never {
    throw new Error('no text');
  }

  toJSON(): never {
    throw new Error('no JSON');
  }
}

class HostileHttp extends HttpException {
  override getStatus(): never {
    throw new Error('no status');
  }
}

class HostileAnswer extends ConflictException {
  override getResponse(): never {
    throw new Error('no answer');
  }
}

/** What code may throw that is no ordinary error, by what it is. Made anew each time. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'an empty text': () => '',
  'a text': () => 'a text',
  'a number': () => 42,
  NaN: () => NaN,
  'a bigint': () => 1n,
  'a boolean': () => false,
  'a symbol': () => Symbol('s'),
  'a function': () => () => 1,
  'a class': () => Map,
  'a promise': () => Promise.resolve(1),
  'a plain object': () => ({ a: 1 }),
  'an object with the shape of an error': () => ({ code: 'E42', message: 'like an error' }),
  'an object with a bad shape of an error': () => ({ code: {}, message: 5 }),
  'an object without a prototype': () => Object.create(null) as unknown,
  'a cyclic object': () => {
    const object: Record<string, unknown> = {};
    object['self'] = object;
    return object;
  },
  'a proxy whose traps throw': () => new Proxy({}, TRAPS),
  'a proxy of an error whose traps throw': () => new Proxy(new Error('inside'), TRAPS),
  'a revoked proxy': revoked,
  'a frozen error': () => Object.freeze(new Error('frozen')),
  'an error without a message': () => new Error(),
  'an error whose message throws': () => withGetter('message'),
  'an error whose stack throws': () => withGetter('stack'),
  'an error whose name throws': () => withGetter('name'),
  'an error whose cause throws': () => withGetter('cause'),
  'an error whose code throws': () => withGetter('code'),
  'an error whose message is no text': () => Object.assign(new Error(), { message: { a: 1 } }),
  'an error whose stack is no text': () => Object.assign(new Error('x'), { stack: 5 }),
  'an error whose name is no text': () => Object.assign(new Error('x'), { name: Symbol('n') }),
  'an error that has no text': () => new Unprintable('unprintable'),
  'a fickle error': fickle,
  'an error that is its own cause': cyclic,
  'a chain of 10,000 causes': longChain,
  'an aggregate of itself': cyclicAggregate,
  'an aggregate of nothing': () => new AggregateError([]),
  'an aggregate whose errors are none': () => Object.assign(new AggregateError([]), { errors: 5 }),
  'an error with a prototype that throws': () => Object.create(new Proxy({}, TRAPS)) as unknown,
  'a huge message': () => new Error('x'.repeat(3_000_000)),
  'a Nest exception without a status': () => new HostileHttp('x', 409),
  'a Nest 5xx with what has no JSON': () => new HttpException({ message: 'x', big: 1n, f: () => 1 }, 500),
};

/** What is terminal, and still not as it should be. Each has status 409. */
export const HOSTILE_TERMINAL: Readonly<Record<string, () => unknown>> = {
  'a frozen terminal error': () => Object.freeze(new TerminalError('frozen', { errorCode: 409 })),
  'a sealed terminal error': () => Object.seal(new TerminalError('sealed', { errorCode: 409 })),
  'a proxy of a terminal error': () => new Proxy(new TerminalError('proxy', { errorCode: 409 }), {}),
  'one whose metadata is null': () => Object.assign(new TerminalError('x', { errorCode: 409 }), { metadata: null }),
  'one whose metadata is hostile': () =>
    Object.assign(new TerminalError('x', { errorCode: 409 }), { metadata: new Proxy({}, TRAPS) }),
  'one whose message is no text': () => Object.assign(new TerminalError('x', { errorCode: 409 }), { message: 5 }),
  'a Nest exception whose answer has no JSON': () => new ConflictException({ message: 'x', details: [1n] }),
  'a Nest exception whose answer throws': () => new HostileAnswer('x'),
};
