import { inspect } from 'node:util';
import {
  type CallHandler,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  HttpException,
  Logger,
  type NestInterceptor,
  type PipeTransform,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
} from '@nestjs/common';
import {
  awakeable,
  Handler,
  InjectClient,
  mapConcurrent,
  parallel,
  promise,
  promiseKey,
  rejectAwakeable,
  run,
  runAsync,
  Service,
  type ServiceClient,
  Workflow,
  type WorkflowClient,
  WorkflowRun,
  WorkflowSignal,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import {
  type Context,
  InvocationIdParser,
  TerminalError,
  type WorkflowContext,
  type WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { tried } from '../../../../test/support/claim.js';

/** What careless code gives as a code, and whether it is a status of an error. */
const CODES: readonly (readonly [name: string, code: unknown])[] = [
  ['a unique violation of PostgreSQL', '23505'],
  ['an error of the system', 'ECONNREFUSED'],
  ['a status as text', '418'],
  ['NaN', NaN],
  ['beyond a u16', 65_536],
  ['the largest u16', 65_535],
  ['negative', -1],
  ['a fraction', 4.5],
  ['a status with a fraction', 404.5],
  ['success', 200],
  ['no content', 204],
  ['a redirect', 302],
  ['zero', 0],
  ['of gRPC', 7],
  ['of a journal mismatch', 570],
  ['of a protocol violation', 571],
  ['of a closed machine', 598],
  ['of a suspension', 599],
  ['600', 600],
  ['1000', 1000],
  ['infinite', Infinity],
  ['a bigint', 409n],
  ['an object', { status: 409 }],
  ['a symbol', Symbol('code')],
];

const SOUND = [400, 404, 409, 418, 429, 499, 500, 503, 569] as const;

function failure(name: string): TerminalError {
  const found = CODES.find(([each]) => each === name);
  return new TerminalError('a message', { errorCode: (found ? found[1] : Number(name)) as number });
}

@Catch(RangeError)
class Filter implements ExceptionFilter {
  catch(error: RangeError): never {
    throw failure(error.message);
  }
}

class Guard implements CanActivate {
  canActivate(context: ExecutionContext): never {
    throw failure(context.getArgByIndex<string>(1));
  }
}

class Interceptor implements NestInterceptor {
  intercept(context: ExecutionContext, _next: CallHandler): never {
    throw failure(context.getArgByIndex<string>(1));
  }
}

class Pipe implements PipeTransform {
  transform(value: string): never {
    throw failure(value);
  }
}

/** The input of an outer hook's invocation, which the hook does not see. */
let inHook = '';

const WAIT = { retryPolicy: { initialInterval: 10, maxInterval: 20, maxAttempts: 3, onMaxAttempts: 'kill' } } as const;

@Service(WAIT)
class Places {
  constructor(
    @InjectClient(() => Flow) private readonly flows: WorkflowClient<Flow>,
    @InjectClient(() => Callees) private readonly callees: ServiceClient<Callees>,
  ) {}

  @Handler()
  async handler(_ctx: Context, name: string): Promise<void> {
    throw failure(name);
  }

  @Handler()
  async warned(_ctx: Context, name: string): Promise<void> {
    throw failure(name);
  }

  @Handler()
  async run(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'it', () => {
      throw failure(name);
    });
  }

  @Handler()
  async runAsync(ctx: Context, name: string): Promise<void> {
    await runAsync(ctx, 'it', () => Promise.reject(failure(name))).result;
  }

  @Handler()
  async runOfTheSdk(ctx: Context, name: string): Promise<void> {
    await ctx.run(() => {
      throw failure(name);
    });
  }

  @Handler()
  async branch(ctx: Context, name: string): Promise<void> {
    await parallel(ctx, [async () => ctx.sleep(1), () => Promise.reject(failure(name))]);
  }

  @Handler()
  async runInBranch(ctx: Context, name: string): Promise<void> {
    await parallel(ctx, [
      () =>
        run(ctx, 'it', () => {
          throw failure(name);
        }),
    ]);
  }

  @Handler()
  async mapped(ctx: Context, name: string): Promise<void> {
    await mapConcurrent(ctx, [name], 1, (each) => Promise.reject(failure(each)));
  }

  @Handler()
  async mapper(ctx: Context, name: string): Promise<void> {
    await ctx.sleep(1).map(() => {
      throw failure(name);
    });
  }

  @Handler()
  async call(_ctx: Context, name: string): Promise<void> {
    await this.callees.call.fail(name);
  }

  @Handler()
  async awakeable(ctx: Context, name: string): Promise<void> {
    const { id, promise: settled } = awakeable(ctx);
    rejectAwakeable(ctx, id, failure(name));
    await settled;
  }

  @Handler()
  async awakeableOfTheSdk(ctx: Context, name: string): Promise<void> {
    const { id, promise: settled } = ctx.awakeable();
    ctx.rejectAwakeable(id, failure(name));
    await settled;
  }

  @Handler()
  async signal(ctx: Context, name: string): Promise<void> {
    const settled = ctx.signal('go');
    ctx.invocation(InvocationIdParser.fromString(ctx.request().id)).signal('go').reject(failure(name));
    await settled;
  }

  @Handler()
  async promise(ctx: Context, name: string): Promise<void> {
    const flow = this.flows.of(ctx.request().id).submit();
    await this.flows.of(ctx.request().id).signal.reject(name);
    await flow.attach();
  }

  @Handler()
  @UseFilters(Filter)
  async filter(_ctx: Context, name: string): Promise<void> {
    throw new RangeError(name);
  }

  @Handler()
  @UseGuards(Guard)
  async guard(_ctx: Context, _name: string): Promise<void> {}

  @Handler()
  @UseInterceptors(Interceptor)
  async interceptor(_ctx: Context, _name: string): Promise<void> {}

  @Handler()
  @UsePipes(Pipe)
  async pipe(_ctx: Context, _name: string): Promise<void> {}

  @Handler({ asTerminalError: (error) => failure((error as Error).message) })
  async mapping(_ctx: Context, name: string): Promise<void> {
    throw new RangeError(name);
  }

  @Handler({ asTerminalError: (error) => failure((error as Error).message) })
  async mappingInRun(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'it', () => {
      throw new RangeError(name);
    });
  }

  @Handler({
    hooks: [() => ({ interceptor: { handler: () => Promise.reject(failure(inHook)) } })],
  })
  async hook(_ctx: Context, _name: string): Promise<void> {}

  @Handler({ hooks: [() => ({ interceptor: { run: () => Promise.reject(failure(inHook)) } })] })
  async hookOfRun(ctx: Context, _name: string): Promise<void> {
    await run(ctx, 'it', () => 'done');
  }
}

@Service(WAIT)
class Callees {
  @Handler()
  async fail(_ctx: Context, name: string): Promise<void> {
    throw failure(name);
  }
}

@Workflow()
class Flow {
  private static readonly go = promiseKey<string>('go');

  @WorkflowRun()
  async run(ctx: WorkflowContext): Promise<string> {
    return promise(ctx, Flow.go).get();
  }

  @WorkflowSignal()
  async reject(ctx: WorkflowSharedContext, name: string): Promise<void> {
    await promise(ctx, Flow.go).reject(failure(name));
  }
}

@Service(WAIT)
class Http {
  @Handler()
  async status(_ctx: Context, name: string): Promise<void> {
    throw new HttpException('a message', CODES.find(([each]) => each === name)![1] as number);
  }

  @Handler()
  async inRun(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'it', () => this.status(ctx, name));
  }

  @Handler()
  async metadata(ctx: Context, place: 'handler' | 'run' | 'awakeable'): Promise<void> {
    const error = new TerminalError('a message', { errorCode: 409, metadata: METADATA as never });
    if (place === 'run') await run(ctx, 'it', () => Promise.reject(error));
    if (place === 'handler') throw error;
    const { id, promise: settled } = awakeable(ctx);
    rejectAwakeable(ctx, id, error);
    await settled;
  }

  @Handler()
  async huge(ctx: Context, place: 'handler' | 'run' | 'ordinary' | 'metadata' | 'ordinaryInRun'): Promise<void> {
    const text = 'x'.repeat(40_000_000);
    const error = place.startsWith('ordinary') ? new Error(text) : new TerminalError(text, { errorCode: 409 });
    if (place === 'metadata') {
      throw new TerminalError('a message', { errorCode: 409, metadata: { text, more: 'kept' } });
    }
    if (!place.toLowerCase().endsWith('run')) throw error;
    await run(ctx, 'it', () => Promise.reject(error), { retry: { maxAttempts: 1 } });
  }
}

const cyclic: Record<string, unknown> = { a: 1 };
cyclic['self'] = cyclic;

const METADATA = {
  text: 'text',
  number: 5,
  boolean: false,
  date: new Date(0),
  object: { a: [1] },
  bigint: 5n,
  nothing: null,
  missing: undefined,
  cyclic,
  function: () => 1,
  symbol: Symbol('s'),
  get hostile(): never {
    throw new Error('no');
  },
};

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Places, Callees, Flow, Http] });
});
afterAll(() => app?.close());

type Place = keyof Places;
const PLACES: readonly Place[] = [
  'handler',
  'run',
  'runAsync',
  'runOfTheSdk',
  'branch',
  'runInBranch',
  'mapped',
  'mapper',
  'call',
  'awakeable',
  'awakeableOfTheSdk',
  'signal',
  'promise',
  'filter',
  'guard',
  'interceptor',
  'pipe',
  'mapping',
  'mappingInRun',
  'hook',
  'hookOfRun',
];

const once = { idempotencyKey: false, timeout: 10_000 } as const;

async function answer(place: Place, name: string): Promise<object> {
  inHook = name;
  return app.ingress
    .service(Places)
    .call[place](name, once)
    .then(
      (value) => ({ value }),
      (error: HttpException) => ({ status: error.getStatus(), message: error.message }),
    );
}

describe('An error code', { meta: { claim: 'error-codes' } }, () => {
  test.each(PLACES)('that is no status of an error becomes 500, named in the message: %s', async (place) => {
    for (const [name, code] of CODES) {
      const message: unknown = expect.stringContaining(
        `a message (REA2055: its code ${inspect(code)} is not an HTTP error status`,
      );
      expect([name, await answer(place, name)]).toEqual([name, { status: 500, message }]);
      tried(1);
    }
  });

  test.each(PLACES)('that is one reaches the caller: %s', async (place) => {
    for (const code of SOUND) {
      expect(await answer(place, String(code))).toEqual({ status: code, message: 'a message' });
      tried(1);
    }
  });

  test.each(['status', 'inRun'] as const)(
    'of a Nest exception that is no number ends the invocation: %s',
    async (verb) => {
      for (const name of ['a status as text', 'a status with a fraction', 'an error of the system', 'NaN']) {
        await expect(app.ingress.service(Http).call[verb](name, once)).rejects.toMatchObject({
          status: 500,
          message: expect.stringContaining('REA2055'),
        });
        tried(1);
      }
    },
  );

  test('is warned of once, at the first of them', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    try {
      for (let i = 0; i < 3; i += 1) await answer('warned', 'success');
      expect(warn.mock.calls.filter(([line]) => String(line).includes('REA2055: Places/warned '))).toHaveLength(1);
    } finally {
      warn.mockRestore();
    }
  });
});

describe('What an error carries', { meta: { claim: 'error-codes' } }, () => {
  test.each(['handler', 'run', 'awakeable'] as const)('as metadata arrives as text: %s', async (place) => {
    await expect(app.ingress.service(Http).call.metadata(place, once)).rejects.toMatchObject({
      status: 409,
      metadata: {
        text: 'text',
        number: '5',
        boolean: 'false',
        date: '"1970-01-01T00:00:00.000Z"',
        object: '{"a":[1]}',
        bigint: '5n',
        nothing: 'null',
        cyclic: expect.stringContaining('Circular'),
        function: expect.stringContaining('Function'),
        symbol: 'Symbol(s)',
      },
    });
    tried(Object.keys(METADATA).length);
  });

  test.each(['handler', 'run'] as const)('as a message beyond all limits is cut: %s', async (place) => {
    await expect(app.ingress.service(Http).call.huge(place, once)).rejects.toMatchObject({
      status: 409,
      message: expect.stringMatching(/^x{16000,16384} \.\.\. \(40000000 characters\)$/),
    });
  });

  test('as metadata beyond all limits is left out', async () => {
    await expect(app.ingress.service(Http).call.huge('metadata', once)).rejects.toMatchObject({
      status: 409,
      metadata: { more: 'kept' },
    });
  });

  test.each(['ordinary', 'ordinaryInRun'] as const)('as an ordinary error beyond all limits: %s', async (place) => {
    await expect(app.ingress.service(Http).call.huge(place, once)).rejects.toMatchObject({ status: 500 });
  });
});
