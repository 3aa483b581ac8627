import 'reflect-metadata';
import { appendFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Controller, Get, Injectable, Module, type OnModuleDestroy, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Handler, ReaModule, type ReaModuleOptions, run, Service } from '@rea/core';
import { IngressModule, type IngressServiceClient, InjectIngress } from '@rea/ingress';
import type { Context } from '@restatedev/restate-sdk';

/** What the tests of start and stop need: effects that leave a line, waits that do not end, and a front that waits. */
const settings = JSON.parse(process.env['LIFECYCLE'] ?? '{}') as {
  readonly rea: ReaModuleOptions;
  readonly frontPort: number;
  readonly effects: string;
  /** Written into each effect's line, to tell processes apart. */
  readonly process: string;
};

/** Stands for a database pool: using it after the end is an error. */
@Injectable()
class Pool implements OnModuleDestroy {
  private open = true;

  async write(line: string): Promise<void> {
    if (!this.open) throw new Error('The pool has been closed.');
    await appendFile(settings.effects, `${line}\n`);
  }

  onModuleDestroy(): void {
    this.open = false;
  }
}

@Service()
export class Work {
  constructor(private readonly pool: Pool) {}

  @Handler()
  async steps(ctx: Context, id: string): Promise<string> {
    for (const step of [1, 2, 3]) {
      await run(ctx, `step ${step}`, async ({ idempotencyKey }) => {
        await wait(40);
        await this.pool.write(`${id} ${step} ${settings.process} ${idempotencyKey.replaceAll(' ', '-')}`);
      });
    }
    return id;
  }

  @Handler()
  async stubborn(ctx: Context): Promise<void> {
    await run(ctx, 'stubborn', async () => {
      await this.pool.write('stubborn began');
      await wait(60_000);
    });
  }

  @Handler()
  async forever(ctx: Context): Promise<void> {
    await ctx.sleep({ hours: 1 });
  }
}

@Controller()
class Front {
  constructor(@InjectIngress(Work) private readonly work: IngressServiceClient<Work>) {}

  @Get('steps/:id')
  steps(@Param('id') id: string): Promise<string> {
    return this.work.call.steps(id, { idempotencyKey: id });
  }

  @Get('forever')
  forever(): Promise<void> {
    return this.work.call.forever(undefined, { idempotencyKey: 'forever' });
  }
}

@Module({
  imports: [ReaModule.forRoot(settings.rea), IngressModule.forRoot()],
  controllers: [Front],
  providers: [Pool, Work],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error', 'fatal'] });
app.enableShutdownHooks();
await app.listen(settings.frontPort, '127.0.0.1');
process.send?.('ready');
