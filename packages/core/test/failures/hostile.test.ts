import { Catch, type ExceptionFilter, UseFilters, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Handler, parallel, ReaEvents, run, Service } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, Request } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { HOSTILE, HOSTILE_TERMINAL } from '../support/hostile-values.js';

const make = (name: string): unknown => (HOSTILE[name] ?? HOSTILE_TERMINAL[name])!();

function fail(name: string): never {
  throw make(name);
}

@Catch()
class Filter implements ExceptionFilter {
  catch(error: Error): never {
    return fail(error.message);
  }
}

class Interceptor implements NestInterceptor {
  intercept(context: ExecutionContext, _next: CallHandler): never {
    return fail(context.getArgByIndex<string>(1));
  }
}

const inputOf = ({ body }: Request) => JSON.parse(Buffer.from(body).toString()) as string;

@Service({ retryPolicy: { initialInterval: 5, maxInterval: 10, maxAttempts: 2, onMaxAttempts: 'kill' } })
class Places {
  @Handler()
  async handler(_ctx: Context, name: string): Promise<void> {
    fail(name);
  }

  @Handler()
  async run(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'it', () => fail(name), { retry: { maxAttempts: 2, initialInterval: 5 } });
  }

  @Handler()
  async runOfTheSdk(ctx: Context, name: string): Promise<void> {
    await ctx.run('it', () => fail(name), { maxRetryAttempts: 2, initialRetryInterval: 5 });
  }

  @Handler()
  async branch(ctx: Context, name: string): Promise<void> {
    await parallel(ctx, [async () => fail(name)]);
  }

  @Handler()
  async mapper(ctx: Context, name: string): Promise<void> {
    await run(ctx, 'it', () => 1).map(() => fail(name));
  }

  @Handler()
  @UseFilters(Filter)
  async filter(_ctx: Context, name: string): Promise<void> {
    throw new Error(name);
  }

  @Handler()
  @UseInterceptors(Interceptor)
  async interceptor(_ctx: Context, _name: string): Promise<void> {}

  @Handler({
    asTerminalError: (error) => fail((error as Error).message),
  })
  async mapping(_ctx: Context, name: string): Promise<void> {
    throw new Error(name);
  }

  @Handler({
    hooks: [({ request }) => ({ interceptor: { handler: () => Promise.reject(make(inputOf(request))) } })],
  })
  async hook(_ctx: Context, _name: string): Promise<void> {}

  @Handler({
    hooks: [({ request }) => ({ interceptor: { run: () => Promise.reject(make(inputOf(request))) } })],
  })
  async hookOfRun(ctx: Context, _name: string): Promise<void> {
    await run(ctx, 'it', () => 1, { retry: { maxAttempts: 2, initialInterval: 5 } });
  }
}

const PLACES = [
  'handler',
  'run',
  'runOfTheSdk',
  'branch',
  'mapper',
  'filter',
  'interceptor',
  'mapping',
  'hook',
  'hookOfRun',
] as const satisfies readonly (keyof Places)[];

const unhandled: unknown[] = [];
const collect = (reason: unknown) => void unhandled.push(reason);

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Places], nest: { logger: false } });
  // What watches errors reads them, too.
  app.get(ReaEvents).on('error', ({ error }) => void `${error.message} ${error.stack}`);
  app.get(ReaEvents).on('run-ended', ({ error }) => void `${error?.message} ${error?.stack}`);
  process.on('unhandledRejection', collect);
});
afterAll(async () => {
  await app?.close();
  process.off('unhandledRejection', collect);
});

function call(place: (typeof PLACES)[number], name: string): Promise<unknown> {
  return app.ingress.service(Places).call[place](name, { idempotencyKey: false, timeout: 15_000 });
}

describe('Whatever is thrown', { meta: { claim: 'hostile' } }, () => {
  test.each(PLACES)('is an ordinary failure that counts: %s', async (place) => {
    const names = Object.keys(HOSTILE);
    const answers = await Promise.all(
      names.map((name) =>
        call(place, name).then(
          () => 'no failure',
          ({ status, message }: { status: number; message: string }) =>
            status === 500 && message !== '' && message.length < 70_000 ? undefined : `${name}: ${status} ${message}`,
        ),
      ),
    );
    expect(answers.filter((answer) => answer !== undefined)).toEqual([]);
    tried(names.length);
    expect(unhandled).toEqual([]);
  });

  test.each(PLACES.filter((place) => place !== 'mapping'))('is terminal where it says so: %s', async (place) => {
    for (const name of Object.keys(HOSTILE_TERMINAL)) {
      const { status } = (await call(place, name).catch((error: unknown) => error)) as { readonly status?: number };
      expect({ name, status }).toEqual({ name, status: 409 });
      tried(1);
    }
  });
});
