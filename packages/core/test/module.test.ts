import { Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  Handler,
  REA_OPTIONS,
  ReaError,
  ReaModule,
  type ReaModuleOptions,
  ReaOptionsError,
  type ReaOptionsFactory,
  ReaRuntime,
  RestateConnection,
  Service,
} from '@rea/core';
import { Ingress, IngressModule } from '@rea/ingress';
import { sharedServer } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import { afterEach, describe, expect, test, vi } from 'vitest';

@Service()
class Greeter {
  @Handler()
  async greet(_ctx: Context): Promise<string> {
    return 'hello';
  }
}

const options = (): ReaModuleOptions => ({
  server: { ingressUrl: 'http://127.0.0.1:1/', headers: { authorization: 'Bearer x' } },
  endpoint: false,
});

@Injectable()
class OptionsFactory implements ReaOptionsFactory {
  async createReaOptions(): Promise<ReaModuleOptions> {
    return options();
  }
}

@Module({ providers: [OptionsFactory], exports: [OptionsFactory] })
class OptionsModule {}

async function connectionOf(module: Promise<TestingModule>): Promise<RestateConnection> {
  return (await module).get(RestateConnection);
}

const compile = (imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) =>
  Test.createTestingModule({ imports }).compile();

describe('ReaModule', () => {
  const expected = { ingressUrl: 'http://127.0.0.1:1', headers: { authorization: 'Bearer x' } };
  afterEach(() => vi.unstubAllEnvs());

  test('takes its options from forRoot', async () => {
    expect(await connectionOf(compile([ReaModule.forRoot(options())]))).toMatchObject(expected);
  });

  test('takes its options from a factory, a class or an existing provider', async () => {
    for (const definition of [
      ReaModule.forRootAsync({ useFactory: options }),
      ReaModule.forRootAsync({ useFactory: async () => options() }),
      ReaModule.forRootAsync({ useClass: OptionsFactory }),
      ReaModule.forRootAsync({ imports: [OptionsModule], useExisting: OptionsFactory }),
    ]) {
      expect(await connectionOf(compile([definition]))).toMatchObject(expected);
    }
  });

  test('takes its options from the configuration of the application', async () => {
    vi.stubEnv('RESTATE_INGRESS', 'http://127.0.0.1:4711');
    const definition = ReaModule.forRootAsync({
      imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        server: { ingressUrl: config.getOrThrow<string>('RESTATE_INGRESS') },
        endpoint: false as const,
      }),
    });
    expect(await connectionOf(compile([definition]))).toMatchObject({ ingressUrl: 'http://127.0.0.1:4711' });
  });

  test('gives its options to whoever injects them, in any module', async () => {
    @Injectable()
    class Reader {}
    @Module({ providers: [Reader, { provide: 'copy', useFactory: (given) => given, inject: [REA_OPTIONS] }] })
    class Other {}
    const module = await compile([Other, ReaModule.forRoot(options())]);
    expect(module.get('copy', { strict: false })).toMatchObject(options());
  });

  test('served and registered by options from a factory answers calls', async () => {
    const server = await sharedServer();
    const module = await Test.createTestingModule({
      imports: [
        IngressModule.forRootAsync({ useFactory: () => ({ timeout: 10_000 }) }),
        ReaModule.forRootAsync({
          useFactory: () => ({ server, endpoint: { port: 0, host: '127.0.0.1' }, namespace: 'module-async' }),
        }),
      ],
      providers: [Greeter],
    }).compile();
    const app = module.createNestApplication();
    await app.init();
    try {
      expect(app.get(ReaRuntime).endpointUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(await app.get(Ingress).service(Greeter).call.greet(undefined, { idempotencyKey: false })).toBe('hello');
    } finally {
      await app.close();
    }
  });
});

describe('An option that cannot work', () => {
  const server = { ingressUrl: 'http://127.0.0.1:1', adminUrl: 'http://127.0.0.1:2' };
  test.each<[string, unknown, RegExp]>([
    ['server', {}, /is missing.*'embedded'/],
    ['server', undefined, /is missing/],
    ['server', { server: 'embeded' }, /embedded/],
    ['server', { server: 7 }, /embedded/],
    ['server.ingressUrl', { server: {} }, /URL like/],
    ['server.ingressUrl', { server: { ingressUrl: 'localhost:8080' } }, /URL like/],
    ['server.ingressUrl', { server: { ...server, ingressUrl: 'ftp://x' } }, /"ftp:\/\/x".*URL like/],
    ['server.ingressUrl', { server: { ...server, ingressUrl: undefined } }, /URL like/],
    ['server.adminUrl', { server: { ...server, adminUrl: 'x' } }, /URL like/],
    ['server.adminUrl', { server: { ingressUrl: 'http://127.0.0.1:1' } }, /is missing.*registration: false/],
    ['server.ingressPort', { server: { embedded: true, ingressPort: 70_000 } }, /0 to 65535/],
    ['server.adminPort', { server: { embedded: true, adminPort: -1 } }, /0 to 65535/],
    ['endpoint.port', { server, endpoint: { port: '9080' } }, /"9080".*0 to 65535/],
    ['endpoint.port', { server, endpoint: { port: Number.NaN } }, /0 to 65535/],
    ['endpoint.drainTimeout', { server, endpoint: { drainTimeout: -1 } }, /milliseconds/],
    ['endpoint.advertisedUrl', { server, endpoint: { advertisedUrl: 'app:9080' } }, /URL like/],
    [
      'endpoint.security.identityKeys[1]',
      { server, endpoint: { security: { identityKeys: [`publickeyv1_${'1'.repeat(32)}`, 'x'] } } },
      /publickeyv1_/,
    ],
    [
      // One byte short.
      'endpoint.security.identityKeys[0]',
      { server, endpoint: { security: { identityKeys: [`publickeyv1_${'1'.repeat(31)}`] } } },
      /publickeyv1_/,
    ],
    ['endpoint.security.mode', { server, endpoint: { security: { mode: 'warn' } } }, /"warn".*permissive/],
    ['endpoint.security.requireHttps', { server, endpoint: { security: { requireHttps: true } } }, /trustedProxies/],
    [
      'endpoint.security.trustedProxies[1]',
      { server, endpoint: { security: { trustedProxies: ['::1', '10.0.0.0/33'] } } },
      /"10.0.0.0\/33".*network/,
    ],
    [
      'endpoint.security.allowedOrigins[0]',
      { server, endpoint: { security: { allowedOrigins: ['restate.internal'] } } },
      /"restate.internal".*address/,
    ],
    [
      'endpoint.security.allowedOrigins',
      { server, endpoint: { serve: 'manual', security: { allowedOrigins: ['10.0.0.7'] } } },
      /platform/,
    ],
    ['registration.timeout', { server, registration: { timeout: '60s' } }, /milliseconds/],
    ['registration.timeout', { server, registration: { timeout: Number.NaN } }, /milliseconds/],
    ['namespace', { server, namespace: 'feature/x' }, /"feature\/x".*letters/],
    ['namespace', { server, namespace: '' }, /letters/],
  ])('names its path (%s) and the cure: %j', async (path, given, cure) => {
    const refused = (error: unknown) => {
      expect(error).toBeInstanceOf(ReaOptionsError);
      expect(error).toBeInstanceOf(ReaError);
      expect(error).toMatchObject({ code: 'REA1001', message: expect.stringMatching(cure) });
      expect((error as Error).message).toContain(`The option ${path} `);
    };
    const outcome = async (define: () => ReturnType<typeof ReaModule.forRoot>) =>
      Promise.resolve()
        .then(() => compile([define()]))
        .then(
          () => 'accepted',
          (error: unknown) => error,
        );
    refused(await outcome(() => ReaModule.forRoot(given as ReaModuleOptions)));
    refused(await outcome(() => ReaModule.forRootAsync({ useFactory: () => given as ReaModuleOptions })));
  });

  test('is refused when the module is defined, not only when it starts', () => {
    expect(() => ReaModule.forRoot({} as ReaModuleOptions)).toThrow(ReaOptionsError);
  });
});
