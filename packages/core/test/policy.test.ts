import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Test } from '@nestjs/testing';
import {
  Handler,
  type PolicyMode,
  type PolicyOptions,
  PolicyService,
  PolicyViolationError,
  REA_CHANNEL,
  type ReaEvent,
  ReaEvents,
  ReaModule,
  RULES,
  run,
  Service,
  state,
  stateKey,
  type Violation,
  VirtualObject,
  withPolicy,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import type { Context, ObjectContext } from '@restatedev/restate-sdk';
import { TerminalError } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

/** The policy of an application that serves nothing. */
async function policyOf(policy?: PolicyOptions): Promise<PolicyService> {
  const module = await Test.createTestingModule({
    imports: [
      ReaModule.forRoot({
        server: { ingressUrl: 'http://127.0.0.1:1' },
        endpoint: false,
        ...(policy === undefined ? {} : { policy }),
      }),
    ],
  }).compile();
  return module.get(PolicyService);
}

describe('The mode of a rule', () => {
  beforeEach(() => {
    vi.stubEnv('CI', undefined);
    vi.stubEnv('NODE_ENV', 'test');
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', undefined);
  });
  afterEach(() => vi.unstubAllEnvs());

  test.each<[string, Record<string, string>, PolicyOptions | undefined, PolicyMode]>([
    ['warn by default', {}, undefined, 'warn'],
    ['strict with CI', { CI: 'true' }, undefined, 'strict'],
    ['strict in production', { NODE_ENV: 'production' }, undefined, 'strict'],
    ['warn in development', { NODE_ENV: 'development' }, undefined, 'warn'],
    ['what the variable says, without an option', { RESTATE_FRAMEWORK_POLICY: 'strict' }, undefined, 'strict'],
    ['what the variable says, over CI', { RESTATE_FRAMEWORK_POLICY: 'warn', CI: '1' }, undefined, 'warn'],
    ['disabled by the variable, without an option', { RESTATE_FRAMEWORK_POLICY: 'disabled' }, undefined, 'disabled'],
    ['what the option says', {}, 'strict', 'strict'],
    ['what the option says, over CI', { CI: 'true' }, 'warn', 'warn'],
    ['what the option says, over production', { NODE_ENV: 'production' }, 'disabled', 'disabled'],
    ['tightened by the variable', { RESTATE_FRAMEWORK_POLICY: 'strict' }, 'disabled', 'strict'],
    ['tightened by the variable to warn', { RESTATE_FRAMEWORK_POLICY: 'warn' }, 'disabled', 'warn'],
    ['never loosened by the variable', { RESTATE_FRAMEWORK_POLICY: 'disabled' }, 'strict', 'strict'],
    ['never loosened by the variable to warn', { RESTATE_FRAMEWORK_POLICY: 'warn' }, 'strict', 'strict'],
    ['its own, over the mode', {}, { mode: 'strict', rules: { 'missing-key': 'disabled' } }, 'disabled'],
    ['the mode, with other rules named', {}, { mode: 'strict', rules: { 'shared-write': 'disabled' } }, 'strict'],
    ['its own, over the default', { CI: '1' }, { rules: { 'missing-key': 'warn' } }, 'warn'],
    [
      'its own, tightened by the variable',
      { RESTATE_FRAMEWORK_POLICY: 'warn' },
      { rules: { 'missing-key': 'disabled' } },
      'warn',
    ],
  ])('is %s', async (_what, env, option, expected) => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect((await policyOf(option)).modeOf('missing-key')).toBe(expected);
  });

  test.each<[string, PolicyOptions]>([
    ['a mode', 'lenient' as PolicyMode],
    ['a mode in an object', { mode: 'Strict' as PolicyMode }],
    ['the mode of a rule', { rules: { 'missing-key': 'off' as PolicyMode } }],
    ['an empty mode', '' as PolicyMode],
  ])('is refused when it is unknown: %s', async (_what, option) => {
    await expect(policyOf(option)).rejects.toMatchObject({
      code: 'REA2000',
      message: expect.stringMatching(/policy.*strict, warn, disabled/),
    });
  });

  test('is refused for an unknown rule, naming those that exist', async () => {
    const rules = { 'missing-keys': 'warn' } as never;
    await expect(policyOf({ rules })).rejects.toThrow(/REA2000.*missing-keys.*missing-key/);
  });

  test('is refused when the variable is unknown, naming the variable', async () => {
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', 'loud');
    await expect(policyOf('strict')).rejects.toThrow(/REA2000.*RESTATE_FRAMEWORK_POLICY.*loud/);
  });

  test('is the default when the variable is empty', async () => {
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', '');
    expect((await policyOf()).modeOf('missing-key')).toBe('warn');
  });

  test('is set while the application runs, for all rules or for one', async () => {
    const policy = await policyOf({ mode: 'warn', rules: { 'shared-write': 'disabled' } });
    policy.set('strict');
    expect([policy.modeOf('missing-key'), policy.modeOf('shared-write')]).toEqual(['strict', 'disabled']);
    policy.set('warn', 'shared-write');
    expect([policy.modeOf('missing-key'), policy.modeOf('shared-write')]).toEqual(['strict', 'warn']);
    expect(() => policy.set('loud' as PolicyMode)).toThrow(/REA2000/);
    expect(() => policy.set('warn', 'no-such-rule' as never)).toThrow(/REA2000/);
    expect(policy.modeOf('missing-key')).toBe('strict');
  });

  test('is never set below what the variable says', async () => {
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', 'strict');
    const policy = await policyOf('warn');
    policy.set('disabled');
    expect(policy.modeOf('missing-key')).toBe('strict');
  });

  test('is given per call, over the rule and under the variable', async () => {
    const lenient = await policyOf({ mode: 'strict', rules: { 'missing-key': 'warn' } });
    const modes = () => [lenient.modeOf('missing-key'), lenient.modeOf('large-value')];
    expect(withPolicy('disabled', modes)).toEqual(['disabled', 'disabled']);
    expect(withPolicy({ 'missing-key': 'disabled' }, modes)).toEqual(['disabled', 'strict']);
    expect(withPolicy('strict', modes)).toEqual(['strict', 'strict']);
    expect(modes()).toEqual(['warn', 'strict']);
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', 'warn');
    const tightened = await policyOf('strict');
    expect(withPolicy('disabled', () => tightened.modeOf('missing-key'))).toBe('warn');
    vi.stubEnv('RESTATE_FRAMEWORK_POLICY', 'disabled');
    const loosened = await policyOf('strict');
    expect(withPolicy({ 'missing-key': 'strict' }, () => loosened.modeOf('missing-key'))).toBe('strict');
  });

  test('is given per call, and stays with what the call awaits', async () => {
    const policy = await policyOf('strict');
    const later = withPolicy('disabled', async () => {
      await Promise.resolve();
      return policy.modeOf('missing-key');
    });
    expect(policy.modeOf('missing-key')).toBe('strict');
    expect(await later).toBe('disabled');
  });

  test('nests per call: what the inner one does not name stays as the outer one says', async () => {
    const policy = await policyOf('strict');
    const modes = () => [policy.modeOf('missing-key'), policy.modeOf('large-value'), policy.modeOf('weak-key')];
    const outer = <T>(fn: () => T) => withPolicy({ 'missing-key': 'disabled', 'large-value': 'warn' }, fn);
    expect(outer(() => withPolicy({ 'large-value': 'disabled' }, modes))).toEqual(['disabled', 'disabled', 'strict']);
    expect(outer(() => withPolicy('warn', modes))).toEqual(['warn', 'warn', 'warn']);
    expect(withPolicy('warn', () => withPolicy({ 'weak-key': 'strict' }, modes))).toEqual(['warn', 'warn', 'strict']);
  });

  test('is refused per call when it or the rule is unknown', () => {
    expect(() => withPolicy('loud' as PolicyMode, () => 1)).toThrow(/REA2000: withPolicy is "loud"/);
    expect(() => withPolicy({ 'large-value': 'off' as PolicyMode }, () => 1)).toThrow(/REA2000: withPolicy for large/);
    expect(() => withPolicy({ 'no-such-rule': 'warn' } as never, () => 1)).toThrow(/REA2000: withPolicy names/);
  });
});

describe('Every rule', () => {
  test.each(Object.entries(RULES))('%s says what, why and how, under a code of its own', (id, rule) => {
    expect(rule.id).toBe(id);
    expect(rule.code).toMatch(/^REA2\d{3}$/);
    expect(rule.catches).toMatch(/\.$/);
    expect(rule.cure).toMatch(/\.$/);
    expect(['unsafe', 'advisory']).toContain(rule.severity);
    expect(Object.values(RULES).filter(({ code }) => code === rule.code)).toHaveLength(1);
  });
});

describe('A violation', () => {
  @Service()
  class Careless {
    @Handler()
    async sleepInRun(ctx: Context): Promise<void> {
      await run(ctx, 'step', () => ctx.sleep(1));
    }
  }

  let app: ReaTestApp;
  beforeAll(async () => {
    app = await createTestApp({ providers: [Careless] });
  });
  afterAll(() => app?.close());

  test('is published to ReaEvents and to the diagnostics channel, with place and invocation', async () => {
    const published: Violation[] = [];
    const stop = app.get(ReaEvents).on('violation', (violation) => published.push(violation));
    const diagnosed: ReaEvent[] = [];
    const onEvent = (event: unknown) => diagnosed.push(event as ReaEvent);
    subscribe(REA_CHANNEL, onEvent);
    try {
      await app.ingress
        .service(Careless)
        .call.sleepInRun(undefined, { idempotencyKey: false })
        .catch(() => undefined);
    } finally {
      stop();
      unsubscribe(REA_CHANNEL, onEvent);
    }
    const [invocation] = await app.invocations('Careless');
    expect(published).toEqual([
      {
        rule: RULES['context-in-run'],
        place: expect.stringMatching(/Careless\/sleepInRun/),
        what: expect.stringContaining('sleep'),
        refused: true,
        invocationId: invocation?.id,
      },
    ]);
    expect(diagnosed.filter(({ type }) => type === 'violation').map(({ payload }) => payload)).toEqual(published);
  });

  test('is a terminal error with the rule in its metadata', async () => {
    const policy = await policyOf('strict');
    const report = () => policy.report('missing-key', { place: 'here', what: 'this' });
    expect(report).toThrow(PolicyViolationError);
    expect(report).toThrow(TerminalError);
    expect(report).toThrow(
      expect.objectContaining({ code: 500, metadata: { 'rea.code': 'REA2003', 'rea.rule': 'missing-key' } }),
    );
  });

  test('of a disabled rule is neither thrown nor published', async () => {
    const module = await Test.createTestingModule({
      imports: [
        ReaModule.forRoot({ server: { ingressUrl: 'http://127.0.0.1:1' }, endpoint: false, policy: 'disabled' }),
      ],
    }).compile();
    const published: Violation[] = [];
    module.get(ReaEvents).on('violation', (violation) => published.push(violation));
    module.get(PolicyService).report('context-in-run', { place: 'here', what: 'this' });
    expect(published).toEqual([]);
  });
});

describe('A policy of one call', () => {
  let fail = (): void => {};

  @VirtualObject({ retryPolicy: { initialInterval: 20, maxInterval: 50 } })
  class Archive {
    static readonly text = stateKey<string>('text', { default: () => '' });

    @Handler()
    async keep(ctx: ObjectContext, mode: PolicyMode): Promise<number> {
      const text = await withPolicy({ 'large-value': mode }, () => run(ctx, 'read', () => 'x'.repeat(300_000)));
      fail();
      withPolicy({ 'large-value': mode }, () => state(ctx, Archive.text).set(text));
      return (await state(ctx, Archive.text).get()).length;
    }

    @Handler()
    async wait(ctx: ObjectContext): Promise<string> {
      await withPolicy({ 'blocking-exclusive': 'disabled' }, () => ctx.sleep(150));
      return run(ctx, 'in run', () => withPolicy('disabled', () => ctx.key));
    }
  }

  let app: ReaTestApp;
  const violations: Violation[] = [];
  beforeAll(async () => {
    app = await createTestApp({ providers: [Archive], rea: { policy: 'strict', limits: { exclusiveSleep: 100 } } });
    app.get(ReaEvents).on('violation', (violation) => violations.push(violation));
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    violations.length = 0;
  });
  const archive = (key: string) => app.ingress.object(Archive).of(key).call;

  test('lets one value through, in each attempt and replay', async () => {
    let failed = false;
    fail = () => {
      if (failed) return;
      failed = true;
      throw new Error('once');
    };
    expect(await archive('a').keep('disabled', { idempotencyKey: false })).toBe(300_000);
    expect(violations).toEqual([]);
  });

  test('logs in place of refusing', async () => {
    fail = () => {};
    expect(await archive('b').keep('warn', { idempotencyKey: false })).toBe(300_000);
    expect(new Set(violations.map(({ rule, refused }) => `${rule.id} ${refused}`))).toEqual(
      new Set(['large-value false']),
    );
  });

  test('refuses what is not covered by it', async () => {
    await expect(archive('c').keep('strict', { idempotencyKey: false })).rejects.toMatchObject({
      response: { code: 'REA2014' },
    });
  });

  test("covers the context's own operations", async () => {
    expect(await archive('d').wait(undefined, { idempotencyKey: false })).toBe('d');
    expect(violations).toEqual([]);
  });

  test('covers what a controller does', async () => {
    await expect(archive('e').wait()).rejects.toMatchObject({ message: expect.stringContaining('REA2003') });
    expect(await withPolicy({ 'missing-key': 'disabled' }, () => archive('e').wait())).toBe('e');
  });
});
