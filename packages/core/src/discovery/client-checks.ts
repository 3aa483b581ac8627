import { Inject, Injectable, Logger } from '@nestjs/common';
import { LazyModuleLoader, ModulesContainer } from '@nestjs/core';
import type { Module } from '@nestjs/core/injector/module.js';
import type { TargetModel } from '../clients/client-target.js';
import { injectedClients } from '../clients/injection-registry.js';
import { qualify } from '../clients/namespace.js';
import { RestateConnection } from '../connection/restate-connection.js';
import { REA_OPTIONS, type ReaModuleOptions } from '../rea.options.js';
import { AdminClient } from '../registration/admin-client.js';
import type { ComponentModel } from './component.model.js';
import { componentAt } from './component-provider.js';

/** Reports what the application has and nobody serves: targets of its clients, and components that are loaded late. */
@Injectable()
export class ClientChecks {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly modules: ModulesContainer,
    private readonly connection: RestateConnection,
    private readonly loader: LazyModuleLoader,
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
  ) {}

  /** Warns of each injected client whose target neither this application nor a deployment on the server serves. */
  async reportUnserved(components: readonly ComponentModel[]): Promise<void> {
    const own = new Set(components.map(({ declaration }) => declaration.name));
    const elsewhere = injectedClients(this.modules).filter(({ target }) => !own.has(target.name));
    if (elsewhere.length === 0) return;
    const known = await this.knownServices();
    for (const { target, place, isContract } of elsewhere) {
      // Of a contract's component nothing is said where the server cannot be asked: it is made for other applications.
      if (known ? known.has(qualify(this.options, target.name)) : isContract) continue;
      this.logger.warn(this.describe(target, place));
    }
  }

  /** Warns of components in modules that are loaded from now on. */
  watchLateModules(components: readonly ComponentModel[]): void {
    const seen = new Set<Module>(this.modules.values());
    const served = new Set(components.map(({ declaration }) => declaration.name));
    const load = this.loader.load.bind(this.loader);
    this.loader.load = async (...args) => {
      const loaded = await load(...args);
      for (const module of this.modules.values()) {
        if (seen.has(module)) continue;
        seen.add(module);
        for (const provider of module.providers.values()) {
          const name = componentAt(provider)?.declaration.name;
          if (name !== undefined && !served.has(name)) this.logger.warn(describeLate(name, module.name));
        }
      }
      return loaded;
    };
  }

  private async knownServices(): Promise<ReadonlySet<string> | undefined> {
    try {
      const services = await AdminClient.of(this.connection)?.latestServices();
      return services && new Set(services.map(({ name }) => name));
    } catch {
      return undefined;
    }
  }

  private describe({ name }: TargetModel, place: string): string {
    const { adminUrl } = this.connection;
    const server = adminUrl === undefined ? '' : `, and the Restate server at ${adminUrl} does not know it`;
    return `REA1096: ${place} injects a client of ${qualify(this.options, name)}, which this application does not serve${server}. In handlers its calls are retried until somebody serves it; through the ingress they get a 404. List its class under the providers of a module that the root module imports, or deploy the application that has it. A test replaces the client: overrideProvider(getClientToken(${name})), or getIngressToken(${name}).`;
  }
}

function describeLate(name: string, module: string): string {
  return `REA1097: ${name} is a component of ${module}, which was loaded after the endpoint had opened: it is not served, and its clients get no answer. Import ${module} in the root module; what it needs late can stay in a module of its own.`;
}
