import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Module, type NestModule, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { introspectionMiddleware } from './introspection/introspection-middleware.js';
import { ReaExplorer } from './introspection/rea-explorer.js';
import { REA_OPTIONS, type ReaModuleOptions } from './rea.options.js';
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
    private readonly explorer: ReaExplorer,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
    private readonly http: HttpAdapterHost,
    modules: ModulesContainer,
  ) {
    for (const module of modules.values()) if (module.metatype === ReaRuntimeModule) module.distance = -1;
  }

  /**
   * A mounted endpoint and the introspection sit in front of the routes. The adapter's own `use` has no global prefix,
   * which module middlewares would get. The endpoint is a middleware as well, for servers that Nest has not created.
   */
  configure(): void {
    if (this.runtime.isMounted) {
      const handle = this.runtime.mountBefore(this.http.httpAdapter.getHttpServer());
      this.http.httpAdapter.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (!handle(request, response)) next();
      });
    }
    const { introspectionPath } = this.options;
    if (introspectionPath !== undefined) {
      this.http.httpAdapter.use(introspectionMiddleware(introspectionPath, this.explorer));
    }
  }

  onApplicationBootstrap(): Promise<void> {
    return this.runtime.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.runtime.drain();
  }
}
