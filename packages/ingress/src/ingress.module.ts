import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { checkOptionNames, importedOnce, liveList } from '@rea/core/internal';
import { Ingress } from './ingress.js';
import { checkIngressClients, ingressClients } from './ingress-clients.js';
import { IngressConnections } from './ingress-connections.js';
import { INGRESS_SHAPE } from './ingress.options.js';
import { type ASYNC_OPTIONS_TYPE, ConfigurableModuleClass, type OPTIONS_TYPE } from './ingress.module-definition.js';

/**
 * Typed clients for everything outside handlers: controllers, cron jobs, tests. Requests go to the Restate ingress,
 * which makes them durable; errors come back as Nest HTTP exceptions. Import it once, in the root module; it is global.
 *
 * @example
 * ```ts
 * @Module({ imports: [ReaModule.forRoot({ server: 'embedded' }), IngressModule.forRoot()], controllers: [CartController] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class IngressModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown
{
  private unwatch: (() => void) | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly connections: IngressConnections,
  ) {
    super();
    importedOnce(modules, IngressModule);
    checkIngressClients(modules, connections);
  }

  /** @param options nothing is needed beside `ReaModule`; further servers are `connections` */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    checkOptionNames('IngressModule', options, INGRESS_SHAPE);
    return extend(super.forRoot(options));
  }

  /** As {@link forRoot}, with options from a factory, a class or an existing provider. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return extend(super.forRootAsync(options));
  }

  onModuleInit(): void {
    this.unwatch = ingressClients.provideLater(this.modules, IngressModule);
  }

  onModuleDestroy(): void {
    this.unwatch?.();
  }

  /** Handlers have been drained by now. Without this, a request that waits for one would keep the front from closing. */
  beforeApplicationShutdown(): void {
    this.connections.abort();
  }
}

function extend(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    global: true,
    providers: liveList([...(definition.providers ?? []), IngressConnections, Ingress], () =>
      ingressClients.providers(),
    ),
    exports: liveList<NonNullable<DynamicModule['exports']>[number]>([Ingress], () =>
      ingressClients.providers().map(({ provide }) => provide),
    ),
  };
}
