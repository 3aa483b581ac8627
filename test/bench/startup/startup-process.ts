// Starts an application with many handlers once and tells how long that took.
import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { service } from '@restatedev/restate-sdk';
import { createEndpointHandler } from '@restatedev/restate-sdk/fetch';
import { ReaEndpoint, ReaModule } from '@rea/core';
import { type Decoration, generateClasses, HANDLERS_PER_CLASS } from './generate-classes.js';
import { undecorated, withHandlers } from './decorations.js';

const [variant, count] = process.argv.slice(2);
const classes = Number(count) / HANDLERS_PER_CLASS;

@Module({})
class StartupModule {}

const milliseconds = await (variant === 'rea' ? timed(withRea) : timed(withoutRea));
process.send?.(milliseconds);
process.disconnect();

async function timed(start: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await start();
  return performance.now() - before;
}

/** Components are discovered and bound; nothing listens. */
async function withRea(): Promise<unknown> {
  const rea = ReaModule.forRoot({
    server: { ingressUrl: 'http://127.0.0.1:1' },
    endpoint: { serve: 'manual' },
    registration: false,
    policy: 'warn',
  });
  const app = await createApp(withHandlers, [rea]);
  return app.context.get(ReaEndpoint).fetchHandler();
}

/** The same classes as plain providers, and the SDK given their methods by hand. */
async function withoutRea(): Promise<unknown> {
  const app = await createApp(undecorated, []);
  const services = app.classes.map((type) => {
    const instance = app.context.get(type);
    const methods = Object.getOwnPropertyNames(type.prototype).filter((name) => name !== 'constructor');
    const handlers = methods.map((name) => [name, (Reflect.get(instance, name) as Handler).bind(instance)] as const);
    return service({ name: type.name, handlers: Object.fromEntries(handlers) });
  });
  return createEndpointHandler({ services, logger: () => {} });
}

type Handler = (ctx: unknown, input: string) => Promise<string>;

async function createApp(decoration: Decoration, imports: NonNullable<Parameters<typeof moduleOf>[0]>) {
  const generated: Type<object>[] = generateClasses(classes, decoration);
  const context = await NestFactory.createApplicationContext(moduleOf(imports, generated), {
    logger: ['error', 'warn'],
  });
  return { context, classes: generated };
}

function moduleOf(imports: ReturnType<typeof ReaModule.forRoot>[], providers: Type<object>[]) {
  return { module: StartupModule, imports, providers };
}
