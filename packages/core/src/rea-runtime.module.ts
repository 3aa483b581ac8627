import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  Module,
  type NestModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { ReaRuntime } from './rea.runtime.js';

/**
 * Ties the runtime to the application's life. Nest orders hooks by a module's distance from the root, and would start a
 * global module first and destroy it last. This one takes the distance before the root's, so that the endpoint opens
 * after every other bootstrap hook, and drains before any other `onModuleDestroy`: handlers never run without the
 * providers they use.
 */
@Module({})
export class ReaRuntimeModule implements NestModule, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly runtime: ReaRuntime,
    private readonly http: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    for (const module of modules.values()) if (module.metatype === ReaRuntimeModule) module.distance = -1;
  }

  /**
   * A mounted endpoint sits in front of the routes. The adapter's own `use` knows no global prefix, which module
   * middlewares would get.
   */
  configure(): void {
    if (!this.runtime.isMounted) return;
    this.http.httpAdapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
      if (!this.runtime.handleMounted(request, response)) next();
    });
  }

  onApplicationBootstrap(): Promise<void> {
    return this.runtime.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.runtime.drain();
  }
}
