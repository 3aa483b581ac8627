import { hostname } from 'node:os';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { createEndpointHandler } from '@restatedev/restate-sdk';
import { EmbeddedConnection } from './connection/connect.js';
import { RestateConnection } from './connection/restate-connection.js';
import { ComponentExplorer } from './discovery/component-explorer.js';
import { EndpointServer } from './endpoint/endpoint-server.js';
import { sdkLogger } from './endpoint/sdk-logger.js';
import { createDefinition } from './endpoint/service-definition.js';
import { ReaEvents } from './events/rea-events.js';
import { InvokerFactory } from './invocation/handler-invoker.js';
import { PolicyService } from './policy/policy.service.js';
import { type EndpointOptions, REA_OPTIONS, type ReaModuleOptions } from './rea.options.js';
import { AdminClient } from './registration/admin-client.js';
import { Registrar } from './registration/registrar.js';

const DEFAULT_PORT = 9080;
const DEFAULT_DRAIN_TIMEOUT = 10_000;

/** Opens, registers and closes the endpoint. When that happens is {@link ReaRuntimeModule}'s business. */
@Injectable()
export class ReaRuntime {
  private readonly logger = new Logger('Rea');
  private server: EndpointServer | undefined;
  private url: string | undefined;

  constructor(
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
    private readonly connection: RestateConnection,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly explorer: ComponentExplorer,
    private readonly policy: PolicyService,
    private readonly events: ReaEvents,
  ) {}

  /** Where the Restate server reaches this application's handlers; undefined when it serves none. */
  get endpointUrl(): string | undefined {
    return this.url;
  }

  /** Finds the components, serves them and makes them known to the Restate server. */
  async start(): Promise<void> {
    const components = await this.explorer.explore();
    const { endpoint = {}, registration = {} } = this.options;
    if (endpoint === false) return;
    if (components.length === 0) {
      this.logger.warn('The application has no @Service, @VirtualObject or @Workflow: no endpoint is opened.');
      return;
    }
    const { policy, events, options } = this;
    const invokers = new InvokerFactory(this.modules, this.config, policy);
    const handler = createEndpointHandler({
      services: components.map((component) => createDefinition(component, { options, policy, events, invokers })),
      logger: sdkLogger(),
      ...(endpoint.identityKeys ? { identityKeys: [...endpoint.identityKeys] } : {}),
    });
    this.server = new EndpointServer(handler);
    const { port, host } = this.address(endpoint);
    const actual = await this.server.listen(port, host);
    this.url = this.advertisedUrl(endpoint, actual);
    this.announce(endpoint, host, actual, components.length);
    const admin = AdminClient.of(this.connection);
    if (registration !== false && admin) await new Registrar(admin, this.events, registration).register(this.url);
  }

  /** Lets running effects finish, suspends the rest, and closes the endpoint. */
  async drain(): Promise<void> {
    const { endpoint } = this.options;
    await this.server?.close((endpoint || {}).drainTimeout ?? DEFAULT_DRAIN_TIMEOUT);
    this.server = undefined;
  }

  /** Stops an embedded server; one that runs elsewhere is left alone. */
  async disconnect(): Promise<void> {
    if (this.connection instanceof EmbeddedConnection) await this.connection.stop();
  }

  private address(endpoint: EndpointOptions): { readonly port: number; readonly host: string } {
    return this.connection instanceof EmbeddedConnection
      ? { port: endpoint.port ?? this.connection.endpointPort, host: endpoint.host ?? '127.0.0.1' }
      : { port: endpoint.port ?? DEFAULT_PORT, host: endpoint.host ?? '0.0.0.0' };
  }

  private advertisedUrl(endpoint: EndpointOptions, port: number): string {
    if (endpoint.advertisedUrl) return endpoint.advertisedUrl;
    const { adminUrl } = this.connection;
    const local = adminUrl !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(adminUrl).hostname);
    return `http://${local ? '127.0.0.1' : hostname()}:${port}`;
  }

  private announce(endpoint: EndpointOptions, host: string, port: number, count: number): void {
    this.logger.log(`Serving ${count} component${count === 1 ? '' : 's'} to Restate on ${host}:${port}`);
    if (!endpoint.identityKeys && host !== '127.0.0.1') {
      this.logger.warn(
        'The endpoint accepts unsigned requests: whoever reaches its port can run handlers. Set endpoint.identityKeys to the public key of your Restate server, or keep the port private.',
      );
    }
  }
}
