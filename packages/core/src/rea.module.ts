import {
  type DynamicModule,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { withApplicationName } from './application-name.js';
import { durableClients } from './clients/durable-clients.js';
import { ServedFormats } from './clients/served-formats.js';
import { connect } from './connection/connect.js';
import { RestateConnection } from './connection/restate-connection.js';
import { ClientChecks } from './discovery/client-checks.js';
import { ComponentExplorer } from './discovery/component-explorer.js';
import { EndpointState } from './endpoint/endpoint-state.js';
import { MountedEndpoint } from './endpoint/mounted-endpoint.js';
import { ReaEndpoint } from './endpoint/rea-endpoint.js';
import { ReaEvents } from './events/rea-events.js';
import { importedOnce } from './imported-once.js';
import { ReaExplorer } from './introspection/rea-explorer.js';
import { liveList } from './live-list.js';
import { PolicyService } from './policy/policy.service.js';
import { ReaRuntimeModule } from './rea-runtime.module.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
  RAW_OPTIONS,
} from './rea.module-definition.js';
import { REA_OPTIONS, type ReaModuleOptions } from './rea.options.js';
import { validateOptions } from './rea.options-validation.js';
import { ReaRuntime } from './rea.runtime.js';
import { EndpointSecurity } from './security/endpoint-security.js';
import { RequestGate } from './security/request-gate.js';
import { ShutdownGrace } from './shutdown-grace.js';

const PROVIDERS: Provider[] = [
  { provide: REA_OPTIONS, useFactory: resolveOptions, inject: [RAW_OPTIONS] },
  { provide: RestateConnection, useFactory: connect, inject: [REA_OPTIONS] },
  ReaEvents,
  PolicyService,
  ClientChecks,
  ComponentExplorer,
  EndpointSecurity,
  EndpointState,
  MountedEndpoint,
  ReaEndpoint,
  ReaExplorer,
  ReaRuntime,
  RequestGate,
  ServedFormats,
  ShutdownGrace,
];

const EXPORTS = [
  REA_OPTIONS,
  RestateConnection,
  ReaEvents,
  PolicyService,
  EndpointSecurity,
  EndpointState,
  ReaEndpoint,
  ReaExplorer,
  ReaRuntime,
  ServedFormats,
  ShutdownGrace,
];

/**
 * Makes the providers of a Nest application durable: finds every `@Service`, `@VirtualObject` and `@Workflow` in the
 * container, serves them to a Restate server, registers them there, and provides the durable clients. Import it once, in
 * the root module; it is global.
 *
 * @example
 * ```ts
 * @Module({ imports: [ReaModule.forRoot({ server: 'embedded' })], providers: [Greeter] })
 * export class AppModule {}
 * ```
 */
@Module({ imports: [ReaRuntimeModule] })
export class ReaModule extends ConfigurableModuleClass implements OnModuleInit, OnApplicationShutdown {
  private unwatch: (() => void) | undefined;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly runtime: ReaRuntime,
  ) {
    super();
    importedOnce(modules, ReaModule);
  }

  /** @throws ReaOptionsError when an option is missing or cannot work, naming its path and the cure */
  static override forRoot(options: typeof OPTIONS_TYPE): DynamicModule {
    validateOptions(options);
    return extend(super.forRoot(options));
  }

  /** As {@link forRoot}, with options from a factory, a class or an existing provider, for example `ConfigService`. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return extend(super.forRootAsync(options));
  }

  /** Modules that are loaded lazily bring injection points after the scan; their clients are added then. */
  onModuleInit(): void {
    this.unwatch = durableClients.provideLater(this.modules, ReaModule);
  }

  /** Global modules are shut down last, so an embedded server outlives everything that uses it. */
  async onApplicationShutdown(): Promise<void> {
    this.unwatch?.();
    await this.runtime.disconnect();
  }
}

function resolveOptions(options: ReaModuleOptions): ReaModuleOptions {
  return withApplicationName(validateOptions(options));
}

function extend(definition: DynamicModule): DynamicModule {
  return {
    ...definition,
    global: true,
    providers: liveList([...(definition.providers ?? []), ...PROVIDERS], () => durableClients.providers()),
    exports: liveList<NonNullable<DynamicModule['exports']>[number]>(EXPORTS, () =>
      durableClients.providers().map(({ provide }) => provide),
    ),
  };
}
