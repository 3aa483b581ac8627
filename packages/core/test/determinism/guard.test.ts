import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import {
  allowNondeterminism,
  Handler,
  installDeterminismGuard,
  PolicyService,
  ReaEvents,
  run,
  runInContext,
  Service,
  type Violation,
} from '@rea/core';
import { createTestApp, fakeContext, type ReaTestApp } from '@rea/testing';
import type { Context, HooksProvider } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

const NativeDate = Date;
const { now: nativeNow } = Date;
const natives = () =>
  [
    [globalThis, 'Date'],
    [Date, 'now'],
    [Math, 'random'],
    [globalThis, 'setTimeout'],
    [globalThis, 'fetch'],
    [performance, 'now'],
    [process, 'hrtime'],
    [crypto, 'randomUUID'],
  ].map(([owner, name]) => Reflect.get(owner as object, name as string) as unknown);
const before = natives();

describe('Installed, outside handlers,', () => {
  let uninstall: () => void;
  beforeAll(() => {
    uninstall = installDeterminismGuard();
  });
  afterAll(() => uninstall());

  test('Date is Date', () => {
    class Stamp extends Date {
      readonly source = 'test';
    }
    expect(Date).not.toBe(NativeDate);
    expect([Date.name, Date.length, typeof Date()]).toEqual(['Date', 7, 'string']);
    expect([Date.UTC(2026, 0), Date.parse('1970')]).toEqual([NativeDate.UTC(2026, 0), 0]);
    expect([new Date(2026, 1, 3).getMonth(), new Date('1970').getTime(), new Date(5).getTime()]).toEqual([1, 0, 5]);
    expect(new Date()).toBeInstanceOf(NativeDate);
    expect(new NativeDate(0)).toBeInstanceOf(Date);
    expect(new NativeDate(0).constructor).toBe(Date);
    expect(new Stamp(7)).toBeInstanceOf(Stamp);
    expect([new Stamp(7).getTime(), new Stamp(7).source]).toEqual([7, 'test']);
    expect(Math.abs(new Stamp().getTime() - Date.now())).toBeLessThan(1_000);
    expect(structuredClone(new Date(3))).toEqual(new Date(3));
  });

  test('functions keep their names, their results and what hangs on them', async () => {
    expect([setTimeout.name, Math.random.name, fetch.name, process.hrtime.bigint.name]).toEqual([
      'setTimeout',
      'random',
      'fetch',
      'hrtimeBigInt',
    ]);
    expect(typeof process.hrtime.bigint()).toBe('bigint');
    expect(await promisify(setTimeout)(1, 'woke')).toBe('woke');
    expect(crypto.getRandomValues(new Uint8Array(2))).toHaveLength(2);
    expect(() => crypto.getRandomValues.call({} as never, new Uint8Array(2))).toThrow(TypeError);
  });

  test('a second installation changes nothing', () => {
    const patched = natives();
    installDeterminismGuard();
    expect(natives()).toEqual(patched);
  });

  test('fake timers stand in for the clock, and give it back', () => {
    const guarded = Date;
    vi.useFakeTimers({ now: 1_000 });
    try {
      const fired = vi.fn();
      setTimeout(fired, 500);
      vi.advanceTimersByTime(500);
      expect(fired).toHaveBeenCalledOnce();
      expect([Date.now(), new Date().getTime(), new Date(5).getTime()]).toEqual([1_500, 1_500, 5]);
      expect(new Date()).toBeInstanceOf(NativeDate);
    } finally {
      vi.useRealTimers();
    }
    expect(Date).toBe(guarded);
    expect(Math.abs(Date.now() - nativeNow())).toBeLessThan(1_000);
  });

  test('spies work', () => {
    const spy = vi.spyOn(Date, 'now').mockReturnValue(42);
    expect(Date.now()).toBe(42);
    spy.mockRestore();
    expect(Date.now()).toBeGreaterThan(42);
  });
});

describe('Uninstalled', () => {
  test('nothing has changed', () => {
    installDeterminismGuard()();
    expect(natives()).toEqual(before);
    expect(natives().map((value, index) => value === before[index])).not.toContain(false);
    expect(new Date(0).constructor).toBe(NativeDate);
  });

  test('what somebody else has replaced since stays', () => {
    const uninstall = installDeterminismGuard();
    const spy = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    uninstall();
    expect(Math.random()).toBe(0.5);
    spy.mockRestore();
    Math.random = before[2] as () => number;
  });
});

@Service()
class Probe {
  static action: (ctx: Context) => unknown;

  @Handler()
  async play(ctx: Context): Promise<string> {
    return String(await Probe.action(ctx));
  }

  @Handler()
  async playToo(ctx: Context): Promise<string> {
    return String(await Probe.action(ctx));
  }
}

describe('In a handler', () => {
  let app: ReaTestApp;
  let uninstall: () => void;
  let found: Violation[];

  beforeAll(async () => {
    uninstall = installDeterminismGuard();
    app = await createTestApp({ providers: [Probe] });
    app.get(ReaEvents).on('violation', (violation) => found.push(violation));
  });
  afterAll(async () => {
    uninstall();
    await app?.close();
  });
  beforeEach(() => {
    found = [];
  });
  afterEach(() => app.get(PolicyService).set('warn'));

  const handle = (action: typeof Probe.action, handler: 'play' | 'playToo' = 'play') => {
    Probe.action = action;
    return app.ingress.service(Probe).call[handler](undefined, { idempotencyKey: false });
  };

  test('a finding names what, the line of the TypeScript source, the handler, the reason and the cure', async () => {
    await handle(() => Date.now()); // the line
    const line =
      readFileSync(fileURLToPath(import.meta.url), 'utf8')
        .split('\n')
        .findIndex((text) => text.endsWith('// the line')) + 1;
    expect(found).toMatchObject([
      {
        rule: { id: 'determinism', code: 'REA2004', severity: 'advisory' },
        place: 'Probe/play',
        what: `Date.now() at packages/core/test/determinism/guard.test.ts:${line}:29`,
        refused: false,
      },
    ]);
    expect(found[0]!.rule.catches).toMatch(/replay/);
    expect(found[0]!.rule.cure).toMatch(/ctx\.date\.now\(\).*ctx\.rand.*run\(ctx.*allowNondeterminism/);
  });

  test('a call site is reported once, however often and from wherever it runs', async () => {
    const dice = () => Math.random();
    await handle(() => [1, 2, 3].map(dice).length);
    await handle(() => dice(), 'playToo');
    expect(found).toHaveLength(1);
  });

  test('two uses on one line are two findings', async () => {
    await handle(() => Math.random() + Math.random());
    expect(found).toHaveLength(2);
  });

  test('mode strict refuses, terminally, each time', async () => {
    app.get(PolicyService).set('strict', 'determinism');
    for (const attempt of [1, 2]) {
      const refused = handle(() => Math.random());
      await expect(refused, `attempt ${attempt}`).rejects.toMatchObject({ status: 500, response: { code: 'REA2004' } });
    }
    app.get(PolicyService).set('warn', 'determinism');
  });

  test('mode disabled lets it be', async () => {
    app.get(PolicyService).set('disabled', 'determinism');
    await handle(() => Math.random());
    app.get(PolicyService).set('warn', 'determinism');
    expect(found).toEqual([]);
  });

  test('a subscriber that reads the clock is not reported for it', async () => {
    const times: number[] = [];
    const end = app.get(ReaEvents).on('violation', () => times.push(Date.now()));
    await handle(() => Math.random());
    end();
    expect([times.length, found.length]).toEqual([1, 1]);
  });

  test('allowNondeterminism exempts its function, also asynchronously, and nothing after it', async () => {
    await handle(async (ctx) => {
      const at = allowNondeterminism(() => Date.now());
      await allowNondeterminism(async () => {
        await Promise.resolve();
        return Date.now();
      });
      await ctx.sleep(1);
      return at + Math.random();
    });
    expect(found.map(({ what }) => what)).toEqual([expect.stringContaining('Math.random()')]);
  });

  test('stack traces are as before', async () => {
    const settings = () => [Error.stackTraceLimit, Reflect.get(Error, 'prepareStackTrace') as unknown];
    const untouched = settings();
    await handle(() => Math.random());
    expect(settings()).toEqual(untouched);
    expect(new Error('here').stack).toContain('guard.test.ts');
  });
});

describe('What the application does around a handler', () => {
  const timings: number[] = [];
  const timed: HooksProvider = () => ({
    interceptor: {
      handler: async (next) => {
        timings.push(Date.now());
        await next();
      },
      run: async (_name, next) => {
        timings.push(Date.now());
        await next();
        timings.push(performance.now());
      },
    },
  });

  @Service({ name: 'OfService', hooks: [timed] })
  class OfService {
    @Handler()
    async play(ctx: Context): Promise<number> {
      return run(ctx, 'step', () => 1);
    }
  }

  @Service({ name: 'OfHandler' })
  class OfHandler {
    @Handler({ hooks: [timed] })
    async play(ctx: Context): Promise<number> {
      await run(ctx, 'step', () => 1);
      return Date.now(); // found
    }
  }

  test('in hooks of its own is no part of the handler, also around a run', async () => {
    const uninstall = installDeterminismGuard();
    const app = await createTestApp({ providers: [OfService, OfHandler] });
    const found: Violation[] = [];
    app.get(ReaEvents).on('violation', (violation) => found.push(violation));
    try {
      await app.ingress.service(OfService).call.play(undefined, { idempotencyKey: false });
      expect(found).toEqual([]);
      await app.ingress.service(OfHandler).call.play(undefined, { idempotencyKey: false });
      expect(found.map(({ place, what }) => [place, what.split(' ', 1)[0]])).toEqual([
        ['OfHandler/play', 'Date.now()'],
      ]);
      expect(timings.length).toBeGreaterThanOrEqual(6);
    } finally {
      uninstall();
      await app.close();
    }
  });
});

test('runInContext is a handler to the guard', async () => {
  const uninstall = installDeterminismGuard();
  const warnings: unknown[] = [];
  const spy = vi.spyOn(Logger.prototype, 'warn').mockImplementation((message: unknown) => void warnings.push(message));
  try {
    await runInContext(fakeContext(), async (ctx) => {
      await run(ctx, 'step', () => Date.now());
      return Math.random();
    });
    expect(warnings).toEqual([expect.stringMatching(/^REA2004 determinism: Math\.random\(\) at .*guard\.test\.ts/)]);
  } finally {
    spy.mockRestore();
    uninstall();
  }
});

test('allowNondeterminism outside handlers only calls its function', () => {
  expect(allowNondeterminism(() => 7)).toBe(7);
});

describe('Loaded with --import', () => {
  const script = `
    import { randomUUID } from 'node:crypto';
    import { setTimeout as wait } from 'node:timers/promises';
    const isNative = (fn) => /\\[native code\\]/.test(fn.toString());
    const ours = [Date, Date.now, Math.random].map((fn) => !isNative(fn));
    const named = [randomUUID, wait].map((fn) => /observe/.test(fn.toString()));
    console.log(JSON.stringify([...ours, ...named]));`;
  const load = async (env: NodeJS.ProcessEnv) => {
    const { NODE_ENV: _, REA_DETERMINISM_GUARD: __, ...inherited } = process.env;
    const args = ['--import', '@rea/core/determinism-guard', '--input-type=module', '--eval', script];
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env: { ...inherited, ...env } });
    return new Set(JSON.parse(stdout) as boolean[]);
  };

  test('it is on', async () => {
    expect(await load({})).toEqual(new Set([true]));
    expect(await load({ NODE_ENV: 'test' })).toEqual(new Set([true]));
  });

  test('it is off in production, unless it is asked for', async () => {
    expect(await load({ NODE_ENV: 'production' })).toEqual(new Set([false]));
    expect(await load({ NODE_ENV: 'production', REA_DETERMINISM_GUARD: 'on' })).toEqual(new Set([true]));
  });

  test('it is off when it is switched off', async () => {
    expect(await load({ REA_DETERMINISM_GUARD: 'off' })).toEqual(new Set([false]));
  });

  test('another value of the switch is an error', async () => {
    await expect(load({ REA_DETERMINISM_GUARD: 'yes' })).rejects.toThrow(
      'REA2000: REA_DETERMINISM_GUARD is "yes". Use on or off.',
    );
  });
});
