import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  InternalServerErrorException,
  NotFoundException,
} from '@nestjs/common';
import { Handler, InjectClient, run, Service, type ServiceClient } from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, Scenes } from './support/scenes.js';

class OutOfStock extends Error {}

@Service({ retryPolicy: { initialInterval: 10, maxInterval: 20 } })
class Stage {
  static readonly scenes = new Scenes<Context, Stage>();

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }

  @Handler({
    asTerminalError: (error) =>
      error instanceof OutOfStock ? new TerminalError('none left', { errorCode: 410 }) : undefined,
  })
  async mapped(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }

  @Handler({ retryPolicy: { initialInterval: 10, maxAttempts: 3, onMaxAttempts: 'kill' } })
  async limited(ctx: Context, scene: string): Promise<unknown> {
    return Stage.scenes.play(scene, ctx, this);
  }
}

@Service()
class Caller {
  constructor(@InjectClient(Stage) private readonly stage: ServiceClient<Stage>) {}

  @Handler()
  async relay(_ctx: Context, scene: string): Promise<unknown> {
    return this.stage.call.play(scene);
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  app = await createTestApp({ providers: [Stage, Caller] });
});
afterAll(() => app?.close());

type Verb = 'play' | 'mapped' | 'limited';
function inHandler<R>(scene: Scene<Context, Stage, R>, verb: Verb = 'play'): Promise<R> {
  return app.ingress.service(Stage).call[verb](Stage.scenes.add(scene), { idempotencyKey: false }) as Promise<R>;
}

/** A scene that fails in a way, and counts its attempts. */
function failing(make: () => unknown) {
  const counter = {
    attempts: 0,
    scene: async () => {
      counter.attempts += 1;
      throw make();
    },
  };
  return counter;
}

describe('A handler that throws', () => {
  test.each<[string, () => unknown, object]>([
    ['400', () => new BadRequestException('bad sku'), { status: 400, message: 'bad sku' }],
    ['403', () => new ForbiddenException(), { status: 403, message: 'Forbidden' }],
    ['404', () => new NotFoundException('no such order'), { status: 404, message: 'no such order' }],
    ['418', () => new HttpException('teapot', 418), { status: 418, message: 'teapot' }],
    [
      "400 of Nest's ValidationPipe",
      () => new BadRequestException(['sku must be a string', 'lines must be an array']),
      {
        status: 400,
        response: {
          details: [
            { path: '', message: 'sku must be a string' },
            { path: '', message: 'lines must be an array' },
          ],
        },
      },
    ],
    [
      '422 with details',
      () => new HttpException({ message: 'bad', details: [{ path: 'sku', message: 'unknown' }] }, 422),
      { status: 422, response: { details: [{ path: 'sku', message: 'unknown' }] } },
    ],
    [
      'a terminal error with metadata',
      () => new TerminalError('declined', { errorCode: 402, metadata: { bank: 'ACME' } }),
      { status: 402, message: 'declined', metadata: { bank: 'ACME' } },
    ],
  ])(
    'a Nest 4xx exception or a terminal error fails for good, after one attempt: %s',
    async (_what, make, expected) => {
      const failure = failing(make);
      await expect(inHandler(failure.scene)).rejects.toMatchObject(expected);
      expect(failure.attempts).toBe(1);
      await expect(
        app.ingress.service(Caller).call.relay(Stage.scenes.add(failure.scene), { idempotencyKey: false }),
      ).rejects.toMatchObject(expected);
      expect(failure.attempts).toBe(2);
    },
  );

  test.each<[string, () => unknown]>([
    ['500', () => new InternalServerErrorException('later')],
    ['503', () => new HttpException('later', 503)],
    ['408', () => new HttpException('later', 408)],
    ['425', () => new HttpException('later', 425)],
    ['429', () => new HttpException('later', 429)],
    ['an ordinary error', () => new Error('later')],
    ['something that is no error', () => 'later'],
    ['undefined', () => undefined],
  ])('is tried again after %s', async (_what, make) => {
    let attempts = 0;
    expect(
      await inHandler(async () => {
        attempts += 1;
        if (attempts < 3) throw make();
        return 'done';
      }),
    ).toBe('done');
    expect(attempts).toBe(3);
  });

  test('what its own asTerminalError knows fails for good, and Nest exceptions still do', async () => {
    const known = failing(() => new OutOfStock('x'));
    await expect(inHandler(known.scene, 'mapped')).rejects.toMatchObject({ status: 410, message: 'none left' });
    const nest = failing(() => new NotFoundException('gone'));
    await expect(inHandler(nest.scene, 'mapped')).rejects.toMatchObject({ status: 404, message: 'gone' });
    expect([known.attempts, nest.attempts]).toEqual([1, 1]);
  });

  test('an asTerminalError of its own also counts inside runs', async () => {
    let attempts = 0;
    await expect(
      inHandler(
        (ctx) =>
          run(ctx, 'reserve', () => {
            attempts += 1;
            throw new OutOfStock('x');
          }),
        'mapped',
      ),
    ).rejects.toMatchObject({ status: 410 });
    expect(attempts).toBe(1);
  });

  test('without end is killed after its attempts, and the answer has no stack trace', async () => {
    const failure = failing(() => new Error('never'));
    const error = await inHandler(failure.scene, 'limited').catch((caught: unknown) => caught);
    expect(error).toMatchObject({ status: 500 });
    expect((error as Error).message).toContain('never');
    expect(JSON.stringify((error as HttpException).getResponse())).not.toMatch(/\s+at .*\.ts/);
    expect(failure.attempts).toBe(3);
  });

  test('a Nest exception in a run that is caught is a terminal error there', async () => {
    expect(
      await inHandler((ctx) =>
        run(ctx, 'find', () => {
          throw new NotFoundException('no such order');
        }).catch((error: unknown) => [error instanceof TerminalError, (error as TerminalError).code]),
      ),
    ).toEqual([true, 404]);
  });
});
