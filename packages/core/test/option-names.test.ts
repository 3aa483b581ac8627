import { Module, type ModuleMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  Handler,
  ReaModule,
  type ReaModuleOptions,
  Service,
  Shared,
  VirtualObject,
  Workflow,
  WorkflowRun,
} from '@rea/core';
import { IngressModule, type IngressModuleOptions, SignedWebhook, stripe } from '@rea/ingress';
import { type Context, iface, type ObjectSharedContext, type WorkflowContext } from '@restatedev/restate-sdk';
import { describe, expect, test } from 'vitest';
import { refused } from './support/start-error.js';

const server = { ingressUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:1' };

async function refusal(imports: () => NonNullable<ModuleMetadata['imports']>): Promise<unknown> {
  try {
    await (await Test.createTestingModule({ imports: imports() }).compile()).close();
    return undefined;
  } catch (error) {
    return error;
  }
}

function thrown(define: () => unknown): unknown {
  try {
    define();
    return undefined;
  } catch (error) {
    return error;
  }
}

const rea = (options: object) => ({ server, registration: false, ...options }) as ReaModuleOptions;

@Module({})
class EmptyModule {}

class Named {
  readonly value = 1;
}

describe('A misspelt option stops the start', { meta: { claim: 'wiring' } }, () => {
  const REA: [string, string, object][] = [
    ['polcy', 'policy', { polcy: 'strict' }],
    ['Policy', 'policy', { Policy: 'strict' }],
    ['policy.rule', 'policy.rules', { policy: { rule: {} } }],
    ['server.adminURL', 'server.adminUrl', { server: { ingressUrl: server.ingressUrl, adminURL: 'http://x' } }],
    ['server.dataDir', 'server.dataDirectory', { server: { embedded: true, dataDir: false } }],
    ['endpoint.drainTimout', 'endpoint.drainTimeout', { endpoint: { drainTimout: 5 } }],
    [
      'endpoint.security.identityKey',
      'endpoint.security.identityKeys',
      { endpoint: { security: { identityKey: 'x' } } },
    ],
    ['registration.forced', 'registration.force', { registration: { forced: true } }],
    ['limits.maxByte', 'limits.maxBytes', { limits: { maxByte: 1 } }],
    [
      'defaults.retryPolicy.maxAttemps',
      'defaults.retryPolicy.maxAttempts',
      { defaults: { retryPolicy: { maxAttemps: 1 } } },
    ],
    ['defaults.descripton', 'defaults.', { defaults: { descripton: 'all' } }],
    ['components.Cart.retenton', 'components.Cart.retention', { components: { Cart: { retenton: 'standard' } } }],
    [
      'components.Cart.retention.day',
      'components.Cart.retention.days',
      { components: { Cart: { retention: { day: 1 } } } },
    ],
    [
      'components.Cart.handlers.add.deadlin',
      'components.Cart.handlers.add.deadline',
      { components: { Cart: { handlers: { add: { deadlin: 5 } } } } },
    ],
    ['namspace', 'namespace', { namspace: 'x' }],
    ['entirelyUnrelated', 'introspectionPath', { entirelyUnrelated: true }],
  ];

  test.each(REA)('of ReaModule: %s', async (path, near, options) => {
    expect(await refusal(() => [ReaModule.forRoot(rea(options))])).toMatchObject(
      refused('REA1001', `${path} of ReaModule`, near),
    );
  });

  test.each(REA)('of ReaModule, from a factory: %s', async (path, near, options) => {
    const imports = () => [ReaModule.forRootAsync({ useFactory: async () => rea(options) })];
    expect(await refusal(imports)).toMatchObject(refused('REA1001', `${path} of ReaModule`, near));
  });

  const INGRESS: [string, string, object][] = [
    ['timout', 'timeout', { timout: 1 }],
    ['retry.maxAttempt', 'retry.maxAttempts', { retry: { maxAttempt: 1 } }],
    [
      'connections.billing.adminURL',
      'connections.billing.adminUrl',
      { connections: { billing: { url: 'http://x', adminURL: 'http://x' } } },
    ],
    [
      'connections.billing.retry.maxInterva',
      'maxInterval',
      { connections: { billing: { url: 'http://x', retry: { maxInterva: 1 } } } },
    ],
  ];

  test.each(INGRESS)('of IngressModule: %s', async (path, near, options) => {
    const given = { url: 'http://127.0.0.1:1', ...options } as IngressModuleOptions;
    const expected = refused('REA1001', `${path} of IngressModule`, near);
    expect(await refusal(() => [IngressModule.forRoot(given)])).toMatchObject(expected);
    expect(await refusal(() => [IngressModule.forRootAsync({ useFactory: () => given })])).toMatchObject(expected);
  });

  const contract = iface.service('Odd', { ask: iface.json<string, string>() });
  const DECORATORS: [string, string, () => unknown][] = [
    ['nmae of @Service of Odd', 'name', () => Service({ nmae: 'x' } as never)(class Odd extends Named {} as never)],
    [
      'status of @Service of Odd',
      'name',
      () => Service({ status: true } as never)(class Odd extends Named {} as never),
    ],
    [
      'retryPolicy.maxAttemps of @VirtualObject',
      'maxAttempts',
      () => VirtualObject({ retryPolicy: { maxAttemps: 1 } } as never)(class Odd extends Named {} as never),
    ],
    [
      'retension of @Workflow',
      'retention',
      () => Workflow({ retension: 'standard' } as never)(class Odd extends Named {} as never),
    ],
    [
      'retention.day of @Workflow',
      'days',
      () => Workflow({ retention: { day: 1 } } as never)(class Odd extends Named {} as never),
    ],
    [
      'inactivityTimout of @Service of Odd',
      'inactivityTimeout',
      () =>
        Service(contract, { inactivityTimout: 1 } as never)(
          class Odd {
            async ask(_ctx: Context, _input: string): Promise<string> {
              return '';
            }
          },
        ),
    ],
    [
      'inputt of @Handler of Odd.ask',
      'input',
      () => {
        class Odd {
          @Handler({ inputt: undefined } as never)
          async ask(_ctx: Context): Promise<void> {}
        }
        return Odd;
      },
    ],
    [
      'deadlin of @Shared of Odd.ask',
      'deadline',
      () => {
        class Odd {
          @Shared({ deadlin: 1 } as never)
          async ask(_ctx: ObjectSharedContext): Promise<void> {}
        }
        return Odd;
      },
    ],
    [
      'outputs of @WorkflowRun of Odd.ask',
      'output',
      () => {
        class Odd {
          @WorkflowRun({ outputs: undefined } as never)
          async ask(_ctx: WorkflowContext): Promise<void> {}
        }
        return Odd;
      },
    ],
    [
      'tolerence of @SignedWebhook',
      'tolerance',
      () => SignedWebhook({ scheme: stripe(), secrets: [], tolerence: 1 } as never),
    ],
    [
      'singleUse.leese of @SignedWebhook',
      'singleUse.lease',
      () => SignedWebhook({ scheme: stripe(), secrets: [], singleUse: { leese: 1 } } as never),
    ],
  ];

  test.each(DECORATORS)('of a decorator: %s', (what, near, define) => {
    expect(thrown(define)).toMatchObject(refused('REA1001', what, near));
  });
});

test(
  'Options that are objects of a class, or that the user names, are taken as they are',
  { meta: { claim: 'wiring' } },
  async () => {
    class Settings {
      readonly server = server;
      readonly registration = false;
      readonly endpoint = false;
      readonly components = {};
      readonly more = 'than options';
    }
    expect(await refusal(() => [EmptyModule, ReaModule.forRoot(new Settings())])).toBeUndefined();
    const named = { server: { ...server, headers: { polcy: 'x' } }, registration: false, endpoint: false } as const;
    expect(await refusal(() => [ReaModule.forRoot(named)])).toBeUndefined();
    const connections = { polcy: { url: 'http://127.0.0.1:1' } };
    expect(await refusal(() => [IngressModule.forRoot({ url: 'http://127.0.0.1:1', connections })])).toBeUndefined();
  },
);
