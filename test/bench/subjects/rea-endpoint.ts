import 'reflect-metadata';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type PolicyMode, ReaModule } from '@rea/core';
import { SagaModule } from '@rea/saga';
import { captureHttp2Server } from './capture-http2-server.js';
import type { OpenEndpoint } from './subject.js';

@Module({})
class BenchModule {}

/** A Nest application with Rea that serves its components on a loopback port and is registered by nobody. */
export async function openRea(
  namespace: string,
  policy: PolicyMode,
  components: Provider[],
  imports: DynamicModule[] = [],
): Promise<OpenEndpoint> {
  const { server, result: app } = await captureHttp2Server(() =>
    NestFactory.createApplicationContext(
      {
        module: BenchModule,
        imports: [
          ReaModule.forRoot({
            server: { ingressUrl: 'http://127.0.0.1:1' },
            endpoint: { port: 0, host: '127.0.0.1' },
            registration: false,
            namespace,
            policy,
          }),
          SagaModule.forRoot(),
          ...imports,
        ],
        providers: components,
      },
      { logger: ['error', 'warn'] },
    ),
  );
  return { server, close: () => app.close() };
}
