import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { createEndpointHandler, type EndpointOptions as SdkEndpointOptions } from '@restatedev/restate-sdk';
import { EmbeddedConnection } from './connection/connect.js';
import { ownHost } from './connection/own-host.js';
import { RestateConnection } from './connection/restate-connection.js';
import { reportDeclarations } from './discovery/advice.js';
import { ClientChecks } from './discovery/client-checks.js';
import { ComponentExplorer } from './discovery/component-explorer.js';
import type { ComponentModel } from './discovery/component.model.js';
import { ServedFormats } from './clients/served-formats.js';
import { EndpointServer } from './endpoint/endpoint-server.js';
import { checkDeclarations } from './endpoint/declaration-checks.js';
import { NoHttpServerError } from './endpoint/endpoint.error.js';
import { EndpointState } from './endpoint/endpoint-state.js';
import { onFrontFailure } from './endpoint/front-failure.js';
import { MountedEndpoint } from './endpoint/mounted-endpoint.js';
import { callOnEndpointReady } from './endpoint/on-endpoint-ready.js';
import { OutdatedInvocations } from './endpoint/outdated-invocations.js';
import { ReaEndpoint } from './endpoint/rea-endpoint.js';
import { sdkLogger } from './endpoint/sdk-logger.js';
import { createDefinition } from './endpoint/service-definition.js';
import { ReaEvents } from './events/rea-events.js';
import { FailedMessages } from './invocation/failed-messages.js';
import { catchFloatingRejections } from './invocation/floating-rejections.js';
import { InvokerFactory } from './invocation/handler-invoker.js';
import { InvocationStarts } from './invocation/invocation-starts.js';
import { INSTRUMENTATION, type Instrumentation } from './instrumentation/instrumentation.js';
import { PolicyService } from './policy/policy.service.js';
import { type EndpointOptions, REA_OPTIONS, type ReaModuleOptions } from './rea.options.js';
import { AdminClient } from './registration/admin-client.js';
import { EndpointRegistration } from './registration/endpoint-registration.js';
import type { RegistrationState } from './registration/registration-state.js';
import { checkSdk, findSdkCopies } from './second-sdk.error.js';
import { EndpointSecurity } from './security/endpoint-security.js';
import { gated } from './security/gated-handler.js';
import { RequestGate } from './security/request-gate.js';
import { ShutdownGrace } from './shutdown-grace.js';
import { messageOf } from './failures/thrown.js';

const DEFAULT_PORT = 9080;
const DEFAULT_PATH = '/restate';
const DEFAULT_SHUTDOWN_GRACE = 3_000;
const DEFAULT_DRAIN_TIMEOUT = 10_000;

/** As the shell tells it: ended by SIGTERM. */
const EXIT_CODE_SIGTERM = 143;

/** Opens, registers and closes the endpoint. When that happens is the business of `ReaRuntimeModule`. */
@Injectable()
export class ReaRuntime {
  private readonly logger = new Logger('Rea');
  private server: EndpointServer | undefined;
  private draining: Promise<void> | undefined;
  private url: string | undefined;
  private serving: readonly string[] = [];
  private readonly registration: EndpointRegistration;
  /** Ends what keeps promises that handlers forget from ending the process. */
  private endFloating: (() => void) | undefined;

  constructor(
    @Inject(REA_OPTIONS) private readonly options: ReaModuleOptions,
    private readonly connection: RestateConnection,
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
    private readonly http: HttpAdapterHost,
    private readonly explorer: ComponentExplorer,
    private readonly clients: ClientChecks,
    private readonly policy: PolicyService,
    private readonly events: ReaEvents,
    private readonly endpoint: ReaEndpoint,
    private readonly mounted: MountedEndpoint,
    private readonly state: EndpointState,
    private readonly grace: ShutdownGrace,
    private readonly security: EndpointSecurity,
    private readonly gate: RequestGate,
    private readonly formats: ServedFormats,
    @Optional() @Inject(INSTRUMENTATION) private readonly instrumentation: Instrumentation | undefined,
  ) {
    this.registration = new EndpointRegistration(options, connection, events);
    if (this.isMounted) mounted.mount(this.endpointOptions?.path ?? DEFAULT_PATH);
  }

  /** Where the Restate server reaches this application's handlers; undefined while it serves none. */
  get endpointUrl(): string | undefined {
    return this.url;
  }

  /** Whether handlers are being served: from the moment the endpoint opens until it drains. */
  get isServing(): boolean {
    return this.serving.length > 0;
  }

  /** Names of the components that are being served, as the Restate server knows them. */
  get services(): readonly string[] {
    return this.serving;
  }

  /** What the last look at the Restate server has found about this process's deployment. */
  get registrationState(): RegistrationState {
    return this.registration.state;
  }

  /** Whether the endpoint is part of the application's own HTTP server. */
  get isMounted(): boolean {
    return this.endpointOptions?.serve === 'mounted';
  }

  /** Finds the components, serves and registers them, and calls `onEndpointReady`. A failed start leaves nothing open. */
  async start(): Promise<void> {
    try {
      const components = await this.explorer.explore();
      this.formats.add(components, this.options);
      await this.open(components);
      this.clients.watchLateModules(components);
      // A mounted endpoint becomes ready when the HTTP server listens.
      if (this.isMounted && components.length > 0) return;
      await this.clients.reportUnserved(components);
      await this.becomeReady();
    } catch (error) {
      await this.abandon();
      throw error;
    }
  }

  private async open(components: ComponentModel[]): Promise<void> {
    const endpoint = this.endpointOptions;
    if (!endpoint) return;
    if (components.length === 0) {
      this.logger.warn('The application has no @Service, @VirtualObject or @Workflow: no endpoint is opened.');
      return;
    }
    if (this.isMounted && !this.http.httpAdapter?.getHttpServer()) throw new NoHttpServerError();
    checkSdk(findSdkCopies());
    this.security.checkKeys();
    checkDeclarations(components, this.options, this.policy);
    reportDeclarations(components, this.policy, this.config);
    const sdk = this.createEndpoint(components);
    this.endFloating = catchFloatingRejections();
    this.endpoint.open(sdk);
    this.serving = sdk.services.map(({ name }) => name);
    const { serve = 'port' } = endpoint;
    if (serve === 'port') {
      await this.listen(sdk, endpoint);
      const front: Server | undefined = this.http.httpAdapter?.getHttpServer();
      if (front) onFrontFailure(front, () => this.abandon());
    }
    if (serve === 'mounted') this.openMounted(sdk, endpoint, components);
    if (serve === 'manual') {
      this.state.enter('registering');
      if (endpoint.advertisedUrl) await this.register(endpoint.advertisedUrl, false);
    }
  }

  /** Serves the mounted endpoint before all else of the HTTP front; returns the handler for requests of other servers. */
  mountBefore(front: Server): (request: IncomingMessage, response: ServerResponse) => boolean {
    this.mounted.serveBefore(front);
    return (request, response) => this.mounted.handle(request, response);
  }

  /**
   * Lets HTTP requests that wait for a handler of this application finish, then running effects; suspends the rest, and
   * closes the endpoint. A SIGTERM that arrives meanwhile ends the process at once: whatever is cut is retried elsewhere.
   * Repeated calls wait for the first.
   */
  drain(): Promise<void> {
    return (this.draining ??= this.close());
  }

  private async close(): Promise<void> {
    process.once('SIGTERM', exitNow);
    this.registration.stop();
    const { shutdownGrace = DEFAULT_SHUTDOWN_GRACE, drainTimeout: timeout = DEFAULT_DRAIN_TIMEOUT } =
      this.endpointOptions ?? {};
    await this.grace.settle(shutdownGrace);
    this.serving = [];
    this.state.enter('closed');
    await Promise.all([this.server?.close(timeout), this.mounted.close(timeout)]);
    this.server = undefined;
    this.endFloating?.();
    this.endFloating = undefined;
    await this.grace.settleLast();
  }

  /** Stops an embedded server; one that runs elsewhere is left alone. */
  async disconnect(): Promise<void> {
    process.off('SIGTERM', exitNow);
    if (this.connection instanceof EmbeddedConnection) await this.connection.stop();
  }

  /** Undefined when this application serves no handlers. */
  private get endpointOptions(): EndpointOptions | undefined {
    const { endpoint = {} } = this.options;
    return endpoint === false ? undefined : endpoint;
  }

  private createEndpoint(components: ComponentModel[]): SdkEndpointOptions {
    const { policy, events, options, instrumentation, formats } = this;
    const invokers = new InvokerFactory(this.modules, this.config, policy, options);
    const failed = new FailedMessages(events, AdminClient.of(this.connection));
    this.grace.registerLast(() => failed.settle());
    const starts = new InvocationStarts();
    const context = { options, policy, events, invokers, instrumentation, formats, starts, failed };
    return {
      services: components.map((component) => createDefinition(component, context)),
      logger: new OutdatedInvocations(AdminClient.of(this.connection), options.server).watching(
        instrumentation?.logger ?? sdkLogger(),
      ),
    };
  }

  private async listen(sdk: SdkEndpointOptions, endpoint: EndpointOptions): Promise<void> {
    this.server = new EndpointServer(gated(createEndpointHandler(sdk), this.gate));
    const embedded = this.connection instanceof EmbeddedConnection ? this.connection : undefined;
    const host = endpoint.host ?? (embedded ? '127.0.0.1' : '0.0.0.0');
    const port = await this.server.listen(endpoint.port ?? embedded?.endpointPort ?? DEFAULT_PORT, host);
    const { length } = sdk.services;
    this.logger.log(`Serving ${length} component${length === 1 ? '' : 's'} to Restate on ${host}:${port}`);
    this.state.enter('registering');
    this.security.warnIfOpen(host);
    await this.register(endpoint.advertisedUrl ?? `http://${ownHost(this.connection)}:${port}`, false);
  }

  /** The Restate server can reach a mounted endpoint once the front listens, which is after the bootstrap. */
  private openMounted(sdk: SdkEndpointOptions, endpoint: EndpointOptions, components: ComponentModel[]): void {
    this.mounted.open(gated<IncomingMessage, ServerResponse>(createEndpointHandler(sdk), this.gate));
    this.security.warnIfOpen('0.0.0.0');
    if (this.options.registration === false) this.state.enter('registering');
    const front: Server = this.http.httpAdapter.getHttpServer();
    front.once('listening', () => {
      const { port } = front.address() as AddressInfo;
      const path = `/${(endpoint.path ?? DEFAULT_PATH).replace(/^\/+/, '')}`;
      // A refusal has to stop the process as it does during the bootstrap, so it is not caught.
      void this.startMounted(endpoint.advertisedUrl ?? `http://${ownHost(this.connection)}:${port}${path}`, components);
    });
  }

  private async startMounted(url: string, components: ComponentModel[]): Promise<void> {
    this.state.enter('registering');
    try {
      await this.register(url, true);
      await this.clients.reportUnserved(components);
      await this.becomeReady();
    } catch (error) {
      // The application has been closed meanwhile: nobody needs the registration any more.
      if (!this.registration.isStopped) throw error;
    }
  }

  private async becomeReady(): Promise<void> {
    this.state.enter('ready');
    if (this.state.phase === 'ready') await callOnEndpointReady(this.modules);
  }

  private async register(url: string, http11: boolean): Promise<void> {
    this.url = url;
    await this.registration.register(url, this.serving, http11);
  }

  /** The application will not run: takes back what the start has done. */
  private async abandon(): Promise<void> {
    this.serving = [];
    this.state.enter('closed');
    try {
      await this.registration.takeBack();
    } catch (error) {
      this.logger.warn(`Taking back the registration failed: ${messageOf(error)}`);
    }
    try {
      await this.server?.close(0);
    } finally {
      this.endFloating?.();
      await this.disconnect();
    }
  }
}

function exitNow(): void {
  process.exit(EXIT_CODE_SIGTERM);
}
