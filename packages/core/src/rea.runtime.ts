import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { createEndpointHandler, type EndpointOptions as SdkEndpointOptions } from '@restatedev/restate-sdk';
import { EmbeddedConnection } from './connection/connect.js';
import { RestateConnection } from './connection/restate-connection.js';
import { ClientChecks } from './discovery/client-checks.js';
import { ComponentExplorer } from './discovery/component-explorer.js';
import type { ComponentModel } from './discovery/component.model.js';
import { ServedFormats } from './clients/served-formats.js';
import { DiscoveryError } from './discovery/discovery.error.js';
import { EndpointServer } from './endpoint/endpoint-server.js';
import { onFrontFailure } from './endpoint/front-failure.js';
import { MountedEndpoint } from './endpoint/mounted-endpoint.js';
import { ReaEndpoint } from './endpoint/rea-endpoint.js';
import { sdkLogger } from './endpoint/sdk-logger.js';
import { checkDurations } from './endpoint/component-durations.js';
import { componentOptions, retentionInForce } from './endpoint/merged-options.js';
import { builtInOptions } from './decorators/built-in.decorator.js';
import { createDefinition } from './endpoint/service-definition.js';
import { ReaEvents } from './events/rea-events.js';
import { catchFloatingRejections } from './invocation/floating-rejections.js';
import { InvokerFactory } from './invocation/handler-invoker.js';
import { InvocationStarts } from './invocation/invocation-starts.js';
import { INSTRUMENTATION, type Instrumentation } from './instrumentation/instrumentation.js';
import { PolicyService } from './policy/policy.service.js';
import { type EndpointOptions, REA_OPTIONS, type ReaModuleOptions } from './rea.options.js';
import { EndpointRegistration } from './registration/endpoint-registration.js';
import type { RegistrationState } from './registration/registration-state.js';
import { checkSdk, findSdkCopies } from './second-sdk.error.js';
import { retentionProblem, retentionWarning } from './workflow/retention.js';
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

  /** Finds the components, serves them and makes them known to the Restate server. */
  async start(): Promise<void> {
    const components = await this.explorer.explore();
    this.formats.add(components, this.options);
    await this.open(components);
    this.clients.watchLateModules(components);
    if (!this.isMounted) await this.clients.reportUnserved(components);
  }

  private async open(components: ComponentModel[]): Promise<void> {
    const endpoint = this.endpointOptions;
    if (!endpoint) return;
    if (components.length === 0) {
      this.logger.warn('The application has no @Service, @VirtualObject or @Workflow: no endpoint is opened.');
      return;
    }
    this.checkName(components);
    checkSdk(findSdkCopies());
    this.security.checkKeys();
    for (const component of components) {
      this.checkRetention(component);
      checkDurations(component, this.options);
    }
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
    if (serve === 'manual' && endpoint.advertisedUrl) await this.register(endpoint.advertisedUrl, false);
  }

  /** Serves a request of the HTTP front that is for the mounted endpoint; tells whether it was. */
  handleMounted(request: IncomingMessage, response: ServerResponse): boolean {
    return this.mounted.handle(request, response);
  }

  /**
   * Lets HTTP requests that wait for a handler of this application finish, then running effects; suspends the rest, and
   * closes the endpoint. A SIGTERM that arrives meanwhile ends the process at once: whatever is cut is retried elsewhere.
   */
  async drain(): Promise<void> {
    process.once('SIGTERM', exitNow);
    this.registration.stop();
    const { shutdownGrace = DEFAULT_SHUTDOWN_GRACE, drainTimeout: timeout = DEFAULT_DRAIN_TIMEOUT } =
      this.endpointOptions ?? {};
    await this.grace.settle(shutdownGrace);
    this.serving = [];
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
    const context = { options, policy, events, invokers, instrumentation, formats, starts: new InvocationStarts() };
    return {
      services: components.map((component) => createDefinition(component, context)),
      logger: instrumentation?.logger ?? sdkLogger(),
    };
  }

  /** Without the application's name, another application's built-in components would be taken for its own. */
  private checkName(components: readonly ComponentModel[]): void {
    if (this.options.name !== undefined) return;
    const builtIn = components.find(({ type }) => builtInOptions(type));
    if (!builtIn) return;
    throw new DiscoveryError(
      'REA1082',
      `The application has no name, which its component ${builtIn.declaration.name} carries on the Restate server: there is no package.json with a name above ${process.argv[1] ?? process.cwd()}.`,
      'Set ReaModule.forRoot({ name }), the same in all its processes; false if the server is for this application alone.',
    );
  }

  /** Workflows that are forgotten sooner than their authors may think, or kept for unusually long. */
  private checkRetention(component: ComponentModel): void {
    const { kind, name } = component.declaration;
    if (kind !== 'workflow') return;
    const retention = retentionInForce(component, this.options);
    const problem = retentionProblem(retention);
    if (problem !== undefined) {
      throw new DiscoveryError('REA1020', `The workflow ${name} ${problem}.`, 'Change its retention.');
    }
    if (componentOptions(component, this.options).workflowRetention === undefined) {
      this.policy.report('workflow-retention', { place: name, what: 'No retention is declared' });
    }
    const warning = retentionWarning(retention);
    if (warning !== undefined) this.logger.warn(`${name} ${warning}.`);
  }

  private async listen(sdk: SdkEndpointOptions, endpoint: EndpointOptions): Promise<void> {
    this.server = new EndpointServer(gated(createEndpointHandler(sdk), this.gate));
    const embedded = this.connection instanceof EmbeddedConnection ? this.connection : undefined;
    const host = endpoint.host ?? (embedded ? '127.0.0.1' : '0.0.0.0');
    const port = await this.server.listen(endpoint.port ?? embedded?.endpointPort ?? DEFAULT_PORT, host);
    const { length } = sdk.services;
    this.logger.log(`Serving ${length} component${length === 1 ? '' : 's'} to Restate on ${host}:${port}`);
    this.warnIfOpen(host);
    await this.register(endpoint.advertisedUrl ?? `http://${this.ownHost()}:${port}`, false);
  }

  /** The Restate server can reach a mounted endpoint once the front listens, which is after the bootstrap. */
  private openMounted(sdk: SdkEndpointOptions, endpoint: EndpointOptions, components: ComponentModel[]): void {
    this.mounted.open(gated<IncomingMessage, ServerResponse>(createEndpointHandler(sdk), this.gate));
    this.warnIfOpen('0.0.0.0');
    const front: Server = this.http.httpAdapter.getHttpServer();
    front.once('listening', () => {
      const { port } = front.address() as AddressInfo;
      const path = `/${(endpoint.path ?? DEFAULT_PATH).replace(/^\/+/, '')}`;
      // A refusal has to stop the process as it does during the bootstrap, so it is not caught.
      void this.register(endpoint.advertisedUrl ?? `http://${this.ownHost()}:${port}${path}`, true).then(() =>
        this.clients.reportUnserved(components),
      );
    });
  }

  private async register(url: string, http11: boolean): Promise<void> {
    this.url = url;
    await this.registration.register(url, this.serving, http11);
  }

  /** The application will not run: takes back what the start has done. */
  private async abandon(): Promise<void> {
    try {
      await this.registration.takeBack();
      await this.server?.close(0);
    } catch (error) {
      this.logger.warn(`Taking back the registration failed: ${messageOf(error)}`);
    }
    await this.disconnect();
  }

  /** This host as the Restate server sees it: beside it on a laptop, by name elsewhere. */
  private ownHost(): string {
    const { adminUrl } = this.connection;
    const local = adminUrl !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(adminUrl).hostname);
    return local ? '127.0.0.1' : hostname();
  }

  private warnIfOpen(host: string): void {
    const { identityKeys, mode } = this.security;
    if ((identityKeys.length > 0 && mode === 'strict') || host === '127.0.0.1') return;
    this.logger.warn(
      `The endpoint accepts unsigned requests (mode ${mode}): whoever reaches it can run handlers. Set endpoint.security.identityKeys to the public key of your Restate server, or keep it private.`,
    );
  }
}

function exitNow(): void {
  process.exit(EXIT_CODE_SIGTERM);
}
