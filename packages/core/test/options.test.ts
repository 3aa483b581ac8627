import {
  type ComponentOverrides,
  Handler,
  type ReaModuleOptions,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowQuery,
  WorkflowRun,
  type Restored,
} from '@rea/core';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type {
  Context,
  HooksProvider,
  ObjectContext,
  ObjectSharedContext,
  WorkflowContext,
  WorkflowSharedContext,
} from '@restatedev/restate-sdk';
import { serde } from '@restatedev/restate-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Hooks that ran, by name, in order. */
const hooksRun: string[] = [];
function hook(name: string): HooksProvider {
  return () => ({
    interceptor: {
      handler: async (next) => {
        hooksRun.push(name);
        await next();
      },
    },
  });
}

@Service({
  description: 'declared service',
  metadata: { team: 'declared' },
  inactivityTimeout: { seconds: 11 },
  abortTimeout: { seconds: 12 },
  journalRetention: { hours: 1 },
  idempotencyRetention: { hours: 2 },
  ingressPrivate: false,
  retryPolicy: {
    initialInterval: 111,
    maxInterval: { seconds: 2 },
    exponentiationFactor: 3,
    maxAttempts: 7,
    onMaxAttempts: 'pause',
  },
  hooks: [hook('service')],
})
class Configured {
  @Handler({
    description: 'declared handler',
    metadata: { kind: 'declared' },
    inactivityTimeout: { seconds: 21 },
    abortTimeout: { seconds: 22 },
    journalRetention: { hours: 3 },
    idempotencyRetention: { hours: 4 },
    ingressPrivate: true,
    retryPolicy: { initialInterval: 222, maxAttempts: 5, onMaxAttempts: 'kill' },
    accept: 'text/*',
    hooks: [hook('handler')],
  })
  async full(_ctx: Context, _text: string): Promise<void> {}

  @Handler({ hooks: [hook('plain')] })
  async plain(_ctx: Context): Promise<string> {
    return 'plain';
  }

  @Handler()
  async bare(_ctx: Context): Promise<string> {
    return 'bare';
  }
}

@VirtualObject({ enableLazyState: true, inactivityTimeout: 5_000 })
class Box {
  @Handler()
  async put(_ctx: ObjectContext): Promise<void> {}

  @Shared({ enableLazyState: false, ingressPrivate: true })
  async look(_ctx: ObjectSharedContext): Promise<void> {}
}

@Workflow({ workflowRetention: { days: 3 }, enableLazyState: true })
class Flow {
  @WorkflowRun({ description: 'the run', journalRetention: { days: 2 } })
  async go(_ctx: WorkflowContext): Promise<void> {}

  @WorkflowQuery({ inactivityTimeout: { seconds: 31 }, name: 'state' })
  async status(_ctx: WorkflowSharedContext): Promise<string> {
    return 'running';
  }
}

/** Everything is bytes unless a handler says otherwise. */
@Service({ serde: serde.binary })
class Binary {
  @Handler()
  async reverse(_ctx: Context, bytes: Restored<Uint8Array>): Promise<Restored<Uint8Array>> {
    return bytes.toReversed();
  }
}

type Described = Record<string, unknown> & { handlers: (Record<string, unknown> & { name: string })[] };

/** What the server knows of a component, and of one of its handlers. */
async function described(app: ReaTestApp, component: string, handler?: string): Promise<Record<string, unknown>> {
  const { adminUrl } = await sharedServer();
  const response = await fetch(`${adminUrl}/services/${app.namespace}.${component}`);
  const service = (await response.json()) as Described;
  return handler === undefined ? service : service.handlers.find(({ name }) => name === handler)!;
}

function start(rea: Pick<ReaModuleOptions, 'components' | 'defaults'> = {}): Promise<ReaTestApp> {
  return createTestApp({ providers: [Configured, Box, Flow, Binary], rea });
}

describe('Options of decorators', () => {
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await start();
  });
  afterAll(() => app?.close());

  test('of a service reach the server', async () => {
    expect(await described(app, 'Configured')).toMatchObject({
      documentation: 'declared service',
      metadata: { team: 'declared' },
      inactivity_timeout: '11s',
      abort_timeout: '12s',
      journal_retention: '1h',
      idempotency_retention: '2h',
      public: true,
      retry_policy: {
        initial_interval: '111ms',
        max_interval: '2s',
        exponentiation_factor: 3,
        max_attempts: 7,
        on_max_attempts: 'Pause',
      },
    });
  });

  test('of a handler reach the server', async () => {
    expect(await described(app, 'Configured', 'full')).toMatchObject({
      documentation: 'declared handler',
      metadata: { kind: 'declared' },
      inactivity_timeout: '21s',
      abort_timeout: '22s',
      journal_retention: '3h',
      idempotency_retention: '4h',
      public: false,
      retry_policy: { initial_interval: '222ms', max_attempts: 5, on_max_attempts: 'Kill' },
      input_description: expect.stringContaining('text/*'),
    });
  });

  test('of an object and a workflow reach the server', async () => {
    expect(await described(app, 'Box')).toMatchObject({ enable_lazy_state: true, inactivity_timeout: '5s' });
    expect(await described(app, 'Box', 'look')).toMatchObject({
      enable_lazy_state: false,
      public: false,
      ty: 'Shared',
    });
    expect(await described(app, 'Box', 'put')).toMatchObject({ ty: 'Exclusive' });
    expect(await described(app, 'Flow')).toMatchObject({
      workflow_completion_retention: '3d',
      enable_lazy_state: true,
    });
    expect(await described(app, 'Flow', 'run')).toMatchObject({
      ty: 'Workflow',
      documentation: 'the run',
      journal_retention: '2d',
    });
    expect(await described(app, 'Flow', 'state')).toMatchObject({ ty: 'Shared', inactivity_timeout: '31s' });
  });

  test('keep a private handler from the ingress', async () => {
    await expect(app.ingress.service(Configured).call.full('x', { idempotencyKey: false })).rejects.toMatchObject({
      status: 400,
    });
  });

  test('give a component its own serde, for its handlers and its clients', async () => {
    const bytes = new Uint8Array([1, 2, 3]);
    const reversed = await app.ingress.service(Binary).call.reverse(bytes, { idempotencyKey: false });
    expect([...reversed]).toEqual([3, 2, 1]);
  });

  test('run the hooks of the component and then those of the handler', async () => {
    hooksRun.length = 0;
    await app.ingress.service(Configured).call.plain(undefined, { idempotencyKey: false });
    expect(hooksRun).toEqual(['service', 'plain']);
  });
});

describe('The option components', () => {
  const overrides: ComponentOverrides = {
    description: 'configured service',
    metadata: { team: 'configured' },
    inactivityTimeout: { seconds: 51 },
    retryPolicy: { maxAttempts: 2 },
    hooks: [hook('configured service')],
    handlers: {
      full: {
        description: 'configured handler',
        abortTimeout: { seconds: 62 },
        ingressPrivate: false,
        metadata: { kind: 'configured' },
        hooks: [hook('configured handler')],
      },
      plain: { hooks: [hook('configured plain')] },
    },
  };
  let app: ReaTestApp;
  beforeAll(async () => {
    app = await start({
      components: {
        Configured: overrides,
        Box: { enableLazyState: false, handlers: { look: { enableLazyState: true } } },
        Flow: {
          workflowRetention: { days: 9 },
          handlers: { run: { abortTimeout: 7_000 }, state: { ingressPrivate: true } },
        },
      },
      defaults: {
        abortTimeout: { seconds: 71 },
        journalRetention: { hours: 7 },
        inactivityTimeout: { seconds: 72 },
        hooks: [hook('default')],
      },
    });
  });
  afterAll(() => app?.close());

  test('wins over the decorators, one by one', async () => {
    expect(await described(app, 'Configured')).toMatchObject({
      documentation: 'configured service',
      metadata: { team: 'configured' },
      inactivity_timeout: '51s',
      abort_timeout: '12s',
      journal_retention: '1h',
      retry_policy: { max_attempts: 2 },
    });
    expect(await described(app, 'Configured', 'full')).toMatchObject({
      documentation: 'configured handler',
      metadata: { kind: 'configured' },
      inactivity_timeout: '21s',
      abort_timeout: '1m 2s',
      public: true,
    });
    expect(await described(app, 'Box')).toMatchObject({ enable_lazy_state: false });
    expect(await described(app, 'Box', 'look')).toMatchObject({ enable_lazy_state: true, public: false });
  });

  test('names handlers by their wire names', async () => {
    expect(await described(app, 'Flow')).toMatchObject({ workflow_completion_retention: '9d' });
    expect(await described(app, 'Flow', 'run')).toMatchObject({ abort_timeout: '7s', journal_retention: '2d' });
    expect(await described(app, 'Flow', 'state')).toMatchObject({ public: false, inactivity_timeout: '31s' });
  });

  test('stands over the defaults, which stand below the decorators', async () => {
    expect(await described(app, 'Binary')).toMatchObject({
      abort_timeout: '1m 11s',
      journal_retention: '7h',
      inactivity_timeout: '1m 12s',
    });
    expect(await described(app, 'Box')).toMatchObject({ abort_timeout: '1m 11s', inactivity_timeout: '5s' });
  });

  test('adds hooks to those of defaults, component and handler, and silences none', async () => {
    hooksRun.length = 0;
    await app.ingress.service(Configured).call.plain(undefined, { idempotencyKey: false });
    expect(hooksRun).toEqual(['default', 'service', 'configured service', 'plain', 'configured plain']);
    hooksRun.length = 0;
    await app.ingress.service(Configured).call.bare(undefined, { idempotencyKey: false });
    expect(hooksRun).toEqual(['default', 'service', 'configured service']);
  });
});
