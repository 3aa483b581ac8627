import { Writable } from 'node:stream';
import { Controller, Get, Injectable, Logger as NestLogger } from '@nestjs/common';
import { Handler, run, Service } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { type Context, TerminalError } from '@restatedev/restate-sdk';
import { InjectPinoLogger, Logger, LoggerModule, PinoLogger } from 'nestjs-pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../core/test/support/eventually.js';
import { inRequest, recordSpans } from '../support/recorded-spans.js';

recordSpans();

type Line = Readonly<Record<string, unknown>> & { readonly level: number; readonly msg: string };

const lines: Line[] = [];
const destination = new Writable({
  write(chunk: Buffer, _encoding, done) {
    lines.push(JSON.parse(chunk.toString()) as Line);
    done();
  },
});

type Scene = (ctx: Context, stage: Stage) => Promise<unknown>;
const scenes = new Map<string, Scene>();

/** An ordinary provider, deep in a handler's call tree. */
@Injectable()
class Helper {
  private readonly logger = new NestLogger('Helper');

  help(what: string): void {
    this.logger.log(what);
  }
}

@Service({ retryPolicy: { initialInterval: 10 } })
class Stage {
  constructor(
    readonly helper: Helper,
    @InjectPinoLogger('Stage') readonly pino: PinoLogger,
  ) {}

  @Handler()
  async play(ctx: Context, scene: string): Promise<unknown> {
    return scenes.get(scene)!(ctx, this);
  }

  @Handler({ inactivityTimeout: 0 })
  async restless(ctx: Context, scene: string): Promise<unknown> {
    return scenes.get(scene)!(ctx, this);
  }
}

@Controller()
class Front {
  private readonly logger = new NestLogger('Front');

  @Get('front')
  front(): string {
    this.logger.log('in the controller');
    return 'ok';
  }
}

let app: ReaTestApp;
beforeAll(async () => {
  const pinoHttp = {
    level: 'debug',
    redact: ['card', 'key'],
    formatters: { log: (line: object) => ({ ...line, app: 'shop' }) },
  };
  app = await createTestApp({
    imports: [
      LoggerModule.forRoot({ pinoHttp: [pinoHttp, destination] }),
      ObservabilityModule.forRoot({ logs: true, traces: true }),
    ],
    providers: [Stage, Helper],
    controllers: [Front],
    configure: (nest) => nest.useLogger(nest.get(Logger)),
  });
});
afterAll(() => app?.close());
beforeEach(() => {
  lines.length = 0;
});

async function play(
  scene: Scene,
  handler: 'play' | 'restless' = 'play',
): Promise<{ traceId: string; answer: unknown }> {
  const name = `scene-${scenes.size + 1}`;
  scenes.set(name, scene);
  const request = () =>
    app.ingress
      .service(Stage)
      .call[handler](name, { idempotencyKey: false })
      .catch((error: Error) => error.message);
  return inRequest('request', request);
}

const from = (context: string) => lines.filter((line) => line['context'] === context);
const said = (context: string) => from(context).map(({ msg }) => msg);
const ofSdk = (atLeast: number) => from('Restate SDK').filter(({ level }) => level >= atLeast);

describe('What is logged anywhere in a handler', () => {
  test('carries invocation, target, attempt and trace, and keeps what the application has set', async () => {
    const { traceId, answer } = await play(async (ctx, { helper, pino }) => {
      helper.help('with the Logger of Nest');
      pino.info({ card: '4111' }, 'with pino');
      await run(ctx, 'step', () => pino.warn('in a run'));
      ctx.console.error('by the context', new Error('why'));
      return ctx.request().id;
    });
    const fields = {
      invocationId: answer,
      target: `${app.namespace}.Stage/play`,
      attempt: 1,
      trace_id: traceId,
      app: 'shop',
    };
    expect(from('Helper')).toEqual([expect.objectContaining({ ...fields, level: 30, msg: 'with the Logger of Nest' })]);
    expect(from('Stage')).toEqual([
      expect.objectContaining({ ...fields, level: 30, msg: 'with pino', card: '[Redacted]' }),
      expect.objectContaining({ ...fields, level: 40, msg: 'in a run' }),
    ]);
    expect(from('Handler')).toEqual([
      expect.objectContaining({
        level: 50,
        msg: 'by the context',
        invocationId: answer,
        err: expect.objectContaining({ message: 'why' }),
      }),
    ]);
  });

  test("by ctx.console goes through the application's redaction and serializers, too", async () => {
    const date = new Date(0);
    await play(async (ctx) => {
      ctx.console.info('paid', 5, { card: '4111', amount: 10n }, { by: 'ada' });
      ctx.console.info('at', date, ['4111']);
      ctx.console.error(new Error('why'));
    });
    expect(from('Handler')).toMatchObject([
      { msg: 'paid 5', card: '[Redacted]', by: 'ada' },
      { msg: 'at', data: [date.toJSON(), ['4111']] },
      { msg: 'why', err: { message: 'why' } },
    ]);
    expect(from('Handler')[1]).not.toHaveProperty('card');
  });

  test('is there once, although the handler is suspended and replayed', async () => {
    await play(async (ctx, { helper, pino }) => {
      helper.help('before');
      pino.assign({ order: 7 });
      pino.info('before, by pino');
      await run(ctx, 'first', () => helper.help('first'));
      helper.help('between');
      await ctx.sleep(1);
      helper.help('after');
    }, 'restless');
    expect(said('Helper')).toEqual(['before', 'first', 'between', 'after']);
    expect(said('Stage')).toEqual(['before, by pino']);
    const last = from('Helper').at(-1)!;
    expect(last['attempt']).toBeGreaterThan(1);
    expect(last['order']).toBe(7);
  });

  test('is there once, although the handler fails and is retried', async () => {
    let attempts = 0;
    await play(async (ctx, { helper }) => {
      attempts += 1;
      await run(ctx, 'first', () => 1);
      helper.help('told once');
      await run(ctx, 'second', () => 2);
      if (attempts < 3) throw new Error('again');
    });
    expect(said('Helper')).toEqual(['told once']);
  });
});

test('outside handlers nothing changes', async () => {
  await app.app.listen(0);
  const response = await fetch(`${await app.app.getUrl()}/front`);
  expect(await response.text()).toBe('ok');
  const [line] = from('Front');
  expect(line).toMatchObject({ level: 30, msg: 'in the controller', req: { url: '/front' } });
  expect(line).not.toHaveProperty('invocationId');
});

describe('What the SDK logs', () => {
  test('of a suspension is no error', async () => {
    await play((ctx) => ctx.sleep(1), 'restless');
    await eventually(() => expect(said('Restate SDK')).toContain('Invocation suspended'));
    expect(ofSdk(30)).toEqual([]);
    expect(from('Restate SDK')[0]).toMatchObject({ level: 20, target: `${app.namespace}.Stage/restless` });
  });

  test('of an answer is no error', async () => {
    await play(async () => {
      throw new TerminalError('no', { errorCode: 404 });
    });
    await eventually(() => expect(from('Restate SDK').some((line) => 'err' in line)).toBe(true));
    expect(ofSdk(30)).toEqual([]);
  });

  test('of a run whose tries are used up is an error, with the invocation', async () => {
    const failing: Scene = (ctx) =>
      run(
        ctx,
        'step',
        () => {
          throw new Error('never works');
        },
        { retry: { maxAttempts: 2, initialInterval: 1 } },
      );
    await play(failing);
    await eventually(() => expect(ofSdk(50)).toHaveLength(1));
    expect(ofSdk(50)[0]).toMatchObject({
      invocationId: expect.stringMatching(/^inv_/),
      target: `${app.namespace}.Stage/play`,
      err: { message: 'Run "step" failed on try 2 of 2: never works' },
    });
    expect(new Set(ofSdk(40).map(({ invocationId }) => invocationId)).size).toBe(1);
  });

  test('says of which attempt it is', async () => {
    let attempts = 0;
    await play(async () => {
      attempts += 1;
      if (attempts < 3) throw new Error(`failed ${attempts}`);
    });
    await eventually(() => expect(said('Restate SDK')).toContain('Invocation completed successfully.'));
    const failures = from('Restate SDK').filter((line) => 'err' in line);
    expect(failures).toMatchObject([1, 2].map((attempt) => ({ attempt, err: { message: `failed ${attempt}` } })));
    expect(from('Restate SDK').at(-1)).toMatchObject({ attempt: 3 });
  });
});

test('an application without the LoggerModule is told so', async () => {
  const starting = createTestApp({ imports: [ObservabilityModule.forRoot({ logs: true })], providers: [] });
  await expect(starting).rejects.toMatchObject({ code: 'REA1072' });
});
