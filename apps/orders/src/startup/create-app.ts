import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../app.module.js';
import { AppLogger } from '../logging/app-logger.service.js';

/** The application, with its Restate server running, not listening yet. */
export async function createApp(): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    // What is logged before there is a logger waits for it. If it never comes, the error alone is told, by the caller.
    bufferLogs: true,
    logger: false,
    abortOnError: false,
    // What a webhook signs are the bytes of the body.
    rawBody: true,
  });
  app.useLogger(app.get(AppLogger));
  if (process.env['NODE_ENV'] !== 'production') app.set('json spaces', 2);
  return app;
}
