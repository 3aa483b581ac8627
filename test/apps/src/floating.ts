/* oxlint-disable no-misused-promises -- forgotten promises, as people write them */
import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Module,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  Handler,
  handlerArguments,
  InjectClient,
  ReaModule,
  type ReaModuleOptions,
  run,
  Service,
  type ServiceClient,
} from '@rea/core';
import { SagaModule } from '@rea/saga';
import type { Context } from '@restatedev/restate-sdk';
import { HOSTILE } from './floating/hostile.js';
import { SHAPES } from './floating/shapes.js';
import { Counter, Echo, Flow, forget, Helper, Props, RETRIES, Scoped } from './floating/stage.js';

/** What forgotten promises need: an application whose handlers forget them, and which reports what Node says to that. */
const rea = JSON.parse(process.env['FLOATING'] ?? '{}') as ReaModuleOptions;

@Service({ retryPolicy: RETRIES })
export class Shapes {
  constructor(private readonly props: Props) {}

  @Handler()
  async play(ctx: Context, name: string): Promise<unknown> {
    const shape = [...SHAPES, ...HOSTILE].find((each) => each.name === name)!;
    return shape.play(ctx, this.props);
  }
}

class ForgetfulGuard implements CanActivate {
  constructor(@InjectClient(Echo) private readonly echo: ServiceClient<Echo>) {}

  canActivate(): boolean {
    ['a'].forEach(async (text) => void (await this.echo.call.say(text)));
    return true;
  }
}

class ForgetfulInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    void forget(handlerArguments(context).ctx, 'interceptor');
    return next.handle();
  }
}

class LosingInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    void run(handlerArguments(context).ctx, 'lost', () => 'lost');
    return next.handle();
  }
}

@Service({ retryPolicy: RETRIES })
export class Enhanced {
  @Handler()
  @UseInterceptors(LosingInterceptor)
  async lost(_ctx: Context): Promise<void> {}

  /** Is cancelled while only forgotten code waits for something durable. */
  @Handler()
  async held(ctx: Context): Promise<void> {
    void ctx.sleep(60_000).then(() => undefined);
    await pause(500);
  }

  @Handler()
  @UseGuards(ForgetfulGuard)
  async guarded(ctx: Context): Promise<void> {
    await ctx.sleep(50);
  }

  @Handler()
  @UseInterceptors(ForgetfulInterceptor)
  async intercepted(ctx: Context): Promise<void> {
    await ctx.sleep(50);
  }
}

@Module({
  imports: [ReaModule.forRoot(rea), SagaModule.forRoot()],
  providers: [Shapes, Enhanced, Echo, Counter, Flow, Helper, Scoped, Props],
})
class AppModule {}

process.on('uncaughtExceptionMonitor', (error) => process.send?.({ unhandled: String(error) }));
const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
process.on('SIGTERM', () => void app.close().then(() => process.exit(0)));
process.send?.('ready');
