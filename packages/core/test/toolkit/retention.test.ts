import { Logger } from '@nestjs/common';
import {
  type ComponentOverrides,
  PolicyService,
  type ReaModuleOptions,
  RestateConnection,
  run,
  state,
  stateKey,
  Workflow,
  type WorkflowOptions,
  WorkflowQuery,
  WorkflowRun,
  workflowStatus,
} from '@rea/core';
import { createTestApp, type ReaTestApp } from '@rea/testing';
import { TerminalError, type WorkflowContext, type WorkflowSharedContext } from '@restatedev/restate-sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { failOnce } from './stage.js';

let app: ReaTestApp | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await app?.close();
  app = undefined;
});

let fail = (): void => {};

function flowOf(options: WorkflowOptions, name = 'Flow') {
  @Workflow({ name, retryPolicy: { initialInterval: 20, maxInterval: 50 }, ...options })
  class Flow {
    static readonly step = stateKey<string>('step');

    @WorkflowRun()
    async go(ctx: WorkflowContext, how: 'succeed' | 'fail' | 'status'): Promise<string> {
      state(ctx, Flow.step).set('packing');
      if (how === 'status') await workflowStatus(ctx).set({ phase: 'shipped', progress: 1, isComplete: true });
      await run(ctx, 'pack', () => undefined);
      fail();
      if (how === 'fail') throw new TerminalError('out of stock', { errorCode: 410 });
      return 'packed';
    }

    @WorkflowQuery()
    async step(ctx: WorkflowSharedContext): Promise<string | null> {
      return state(ctx, Flow.step).get();
    }
  }
  return Flow;
}

type Rea = Omit<Partial<ReaModuleOptions>, 'server'>;

async function start(flow: ReturnType<typeof flowOf>, rea: Rea = {}): Promise<void> {
  app = await createTestApp({ providers: [flow], rea });
}

/** The retention of a workflow as the server knows it. */
async function retentionOnServer(of: ReaTestApp, name = 'Flow'): Promise<string | undefined> {
  const { adminUrl } = of.get<RestateConnection>(RestateConnection as never);
  const response = await fetch(`${adminUrl}/services/${of.namespace}.${name}`);
  return ((await response.json()) as { workflow_completion_retention?: string }).workflow_completion_retention;
}

describe("A workflow's retention", () => {
  interface Case {
    readonly what: string;
    readonly options: WorkflowOptions;
    readonly configured?: ComponentOverrides;
    readonly onServer: string;
  }
  const cases: Case[] = [
    { what: '30 days in the profile "standard"', options: { retention: 'standard' }, onServer: '30d' },
    { what: '90 days in the profile "production"', options: { retention: 'production' }, onServer: '90d' },
    { what: '7 days in the profile "high-volume"', options: { retention: 'high-volume' }, onServer: '7d' },
    { what: 'as many days as it says', options: { retention: { days: 12 } }, onServer: '12d' },
    { what: '1 day at least', options: { retention: { days: 1 } }, onServer: '1d' },
    { what: '90 days at most', options: { retention: { days: 90 } }, onServer: '90d' },
    { what: 'what workflowRetention says', options: { workflowRetention: { days: 3 } }, onServer: '3d' },
    {
      what: 'what workflowRetention says, before a profile',
      options: { retention: 'standard', workflowRetention: { days: 3 } },
      onServer: '3d',
    },
    { what: '24 hours when nothing is declared', options: {}, onServer: '1d' },
    {
      what: 'what configuration says with workflowRetention',
      options: { retention: 'standard' },
      configured: { workflowRetention: { days: 5 } },
      onServer: '5d',
    },
    {
      what: 'what configuration says with a profile',
      options: { retention: 'standard' },
      configured: { retention: 'high-volume' },
      onServer: '7d',
    },
    {
      what: 'what configuration says with days',
      options: {},
      configured: { retention: { days: 21 } },
      onServer: '21d',
    },
  ];
  const nameOf = (index: number) => `Flow${index}`;

  let all: ReaTestApp;
  beforeAll(async () => {
    all = await createTestApp({
      providers: cases.map(({ options }, index) => flowOf(options, nameOf(index))),
      rea: {
        components: Object.fromEntries(
          cases.flatMap(({ configured }, index) => (configured ? [[nameOf(index), configured]] : [])),
        ),
      },
    });
  });
  afterAll(() => all?.close());

  test.each(cases.map(({ what, onServer }, index) => [what, onServer, nameOf(index)] as const))(
    'is %s, on the server',
    async (_what, onServer, name) => {
      expect(await retentionOnServer(all, name)).toBe(onServer);
    },
  );

  test.each<[string, WorkflowOptions, Rea, string]>([
    ['a profile', {}, { defaults: { retention: 'production' } }, '90d'],
    ['workflowRetention', {}, { defaults: { workflowRetention: { days: 4 } } }, '4d'],
    ['its own, before the default', { retention: 'standard' }, { defaults: { workflowRetention: { days: 4 } } }, '30d'],
  ])('is the default of the module: %s', async (_what, options, rea, onServer) => {
    await start(flowOf(options), rea);
    expect(await retentionOnServer(app!)).toBe(onServer);
  });

  test.each<[string, unknown, string]>([
    ['0 days', { days: 0 }, 'has a retention of 0 days; it is 1 to 90 days'],
    ['91 days', { days: 91 }, 'has a retention of 91 days; it is 1 to 90 days'],
    ['half a day', { days: 0.5 }, 'has a retention of 0.5 days'],
    ['negative days', { days: -1 }, 'has a retention of -1 days'],
    ['NaN days', { days: NaN }, 'has a retention of NaN days'],
    ['no days', {}, 'has a retention of undefined days'],
    ['no size', { days: 7, stateBytes: NaN }, 'has a retention with stateBytes of NaN; it is 0 to 31000000 bytes'],
    [
      'a size beyond what Restate takes',
      { days: 7, stateBytes: 33_554_432 },
      'has a retention with stateBytes of 33554432',
    ],
    [
      'an unknown profile',
      'forever',
      'has the retention "forever"; the profiles are standard, production, high-volume',
    ],
  ])('of %s refuses the start', async (_what, retention, message) => {
    await expect(start(flowOf({ retention: retention as never }))).rejects.toMatchObject({
      code: 'REA1020',
      message: expect.stringContaining(`The workflow Flow ${message}`),
    });
  });

  test('of an impossible length by configuration refuses the start, too', async () => {
    await expect(start(flowOf({}), { components: { Flow: { retention: { days: 91 } } } })).rejects.toMatchObject({
      code: 'REA1020',
    });
  });
});

describe('The guardrail on retention', () => {
  const linesOf = () => {
    const lines: string[] = [];
    vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
    return () => lines.filter((line) => /retention|keeps finished/.test(line));
  };

  test('warns once of a workflow without one, and names the cure', async () => {
    const lines = linesOf();
    const flow = flowOf({});
    await start(flow);
    for (const id of ['a', 'b']) await (await app!.ingress.workflow(flow).of(id).submit('succeed')).attach();
    expect(lines()).toEqual([
      expect.stringMatching(/^REA2016 workflow-retention: No retention is declared in Flow\..*retention: 'standard'/),
    ]);
    expect(
      app!
        .get(PolicyService)
        .findings()
        .map(({ rule, place }) => [rule.id, place]),
    ).toEqual([['workflow-retention', 'Flow']]);
  });

  test('refuses the start in mode strict', async () => {
    await expect(start(flowOf({}), { policy: 'strict' })).rejects.toMatchObject({
      message: expect.stringContaining('REA2016'),
    });
  });

  test.each<[string, WorkflowOptions, Rea]>([
    ['with a profile', { retention: 'production' }, { policy: 'strict' }],
    ['with workflowRetention', { workflowRetention: { hours: 2 } }, { policy: 'strict' }],
    [
      'with a retention by configuration',
      {},
      { components: { Flow: { workflowRetention: { days: 5 } } }, policy: 'strict' },
    ],
    ['when it is disabled', {}, { policy: { mode: 'strict', rules: { 'workflow-retention': 'disabled' } } }],
  ])('has nothing to say %s', async (_what, options, rea) => {
    const lines = linesOf();
    await start(flowOf(options), rea);
    expect(lines()).toEqual([]);
  });

  test.each<[WorkflowOptions['retention'], string | undefined]>([
    [{ days: 6 }, 'Flow keeps finished workflows for 6 days; late questions find nothing.'],
    [{ days: 61 }, 'Flow keeps finished workflows for 61 days; they take disk space on the server.'],
    [{ days: 7 }, undefined],
    [{ days: 60 }, undefined],
  ])('mentions a length that is unusual: %o', async (retention, line) => {
    const lines = linesOf();
    await start(flowOf({ retention: retention! }));
    expect(lines()).toEqual(line === undefined ? [] : [line]);
  });
});

describe('State that is cleared on success', () => {
  const clearing = () => flowOf({ retention: { days: 7, clearState: true } });

  test('is gone when the workflow has succeeded, and the result is still there', async () => {
    const flow = clearing();
    await start(flow);
    fail = failOnce();
    const address = app!.ingress.workflow(flow).of('good');
    expect(await (await address.submit('succeed')).attach()).toBe('packed');
    expect(await app!.state('Flow', 'good')).toEqual({});
    expect(await address.query.step()).toBeNull();
    expect(await address.attach()).toBe('packed');
    expect(await address.output()).toEqual({ ready: true, result: 'packed' });
    expect(await address.submit('succeed')).toMatchObject({ accepted: false });
  });

  test('is kept when the workflow has failed', async () => {
    const flow = clearing();
    await start(flow);
    const address = app!.ingress.workflow(flow).of('bad');
    await expect((await address.submit('fail')).attach()).rejects.toMatchObject({ status: 410 });
    expect(await app!.state('Flow', 'bad')).toEqual({ step: 'packing' });
  });

  test.each<[string, WorkflowOptions, Record<string, unknown>]>([
    ['cleared in the profile "high-volume"', { retention: 'high-volume' }, {}],
    ['kept in the profile "standard"', { retention: 'standard' }, { step: 'packing' }],
    ['kept in the profile "production"', { retention: 'production' }, { step: 'packing' }],
    ['kept by default', { retention: { days: 7 } }, { step: 'packing' }],
  ])('is %s', async (_what, options, kept) => {
    const flow = flowOf(options);
    await start(flow);
    await (await app!.ingress.workflow(flow).of('one').submit('succeed')).attach();
    expect(await app!.state('Flow', 'one')).toEqual(kept);
  });

  test('leaves the status that the workflow has told last', async () => {
    const flow = flowOf({ retention: 'high-volume', status: true });
    await start(flow);
    const address = app!.ingress.workflow(flow).of('told');
    await (await address.submit('status')).attach();
    expect(await address.status()).toMatchObject({ phase: 'shipped', progress: 1, isComplete: true });
  });
});
