import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { loadPart } from '../load-part.js';
import { ObservabilityError } from '../observability.errors.js';
import type { Logging } from './logging.js';

/** Injection token of the logs; undefined while they are off. */
export const LOGGING = Symbol('REA_LOGGING');

/** Connects the logs with the logger of the application, once all providers exist. */
@Injectable()
export class LoggingConnection implements OnModuleInit {
  constructor(
    @Inject(LOGGING) private readonly logging: Logging | undefined,
    private readonly moduleRef: ModuleRef,
  ) {}

  /** @throws ObservabilityError (`REA1072`) when the application has no `LoggerModule` */
  async onModuleInit(): Promise<void> {
    const { logging } = this;
    if (!logging) return;
    const { PinoLogger } = await loadPart('logs', ['nestjs-pino', 'pino', 'pino-http'], () => import('nestjs-pino'));
    try {
      logging.useLogger(await this.moduleRef.resolve(PinoLogger, undefined, { strict: false }));
    } catch (cause) {
      throw new ObservabilityError(
        'REA1072',
        'ObservabilityModule.forRoot({ logs }) finds no PinoLogger: the application does not import the LoggerModule of nestjs-pino.',
        'Import LoggerModule.forRoot(), and call app.useLogger(app.get(Logger)).',
        { cause },
      );
    }
  }
}
