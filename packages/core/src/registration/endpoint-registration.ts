import { Logger } from '@nestjs/common';
import type { RestateConnection } from '../connection/restate-connection.js';
import { toMillis } from '../durable/duration.js';
import { StartAbortedError } from '../endpoint/endpoint.error.js';
import { onShutdownSignal } from '../endpoint/shutdown-signals.js';
import type { ReaEvents } from '../events/rea-events.js';
import type { ReaModuleOptions, RegistrationOptions } from '../rea.options.js';
import { AdminClient } from './admin-client.js';
import { DeploymentWatch, type DeploymentWatchOptions } from './deployment-watch.js';
import { type Registered, type RegisteredEndpoint, Registrar } from './registrar.js';
import type { RegistrationState } from './registration-state.js';
import { unlessAborted } from '../unless-aborted.js';
import { untilCallable } from './until-callable.js';

const DEFAULT_INTERVAL = 15_000;

/** Makes the endpoint known to the Restate server, and looks after that until it is stopped. */
export class EndpointRegistration {
  private readonly logger = new Logger('Rea');
  private readonly admin: AdminClient | undefined;
  private createdDeployment: string | undefined;
  private watch: DeploymentWatch | undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly options: ReaModuleOptions,
    private readonly connection: RestateConnection,
    private readonly events: ReaEvents,
  ) {
    this.admin = AdminClient.of(connection);
  }

  get state(): RegistrationState {
    return this.watch?.state ?? { status: 'none', newer: [] };
  }

  /**
   * Registers, and waits until the ingress knows the components. Does nothing where registration is off.
   *
   * @throws StartAbortedError when it is stopped, or the process asked to end, meanwhile
   */
  async register(uri: string, components: readonly string[], http11: boolean): Promise<void> {
    const { registration = {}, name } = this.options;
    const { admin } = this;
    if (registration === false || !admin) return;
    const endpoint: RegisteredEndpoint = { uri, components, http11, application: name || undefined };
    const { signal } = this.stopped;
    const ignore = onShutdownSignal(() => this.stop());
    const registering = unlessAborted(() => this.registerAt(admin, registration, endpoint), signal);
    const registered = await registering.finally(ignore);
    if (registered.created) this.createdDeployment = registered.id;
    const watch = new DeploymentWatch(admin, endpoint, watchOptions(registration), () =>
      this.registerAt(admin, registration, endpoint),
    );
    this.watch = watch;
    await watch.start(registered);
  }

  get isStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  /** From now on nothing is looked at, logged or registered. */
  stop(): void {
    this.stopped.abort(new StartAbortedError());
    this.watch?.stop();
  }

  /** The application will not run: takes back what {@link register} has made. */
  async takeBack(): Promise<void> {
    this.stop();
    if (this.createdDeployment !== undefined) await this.admin?.remove(this.createdDeployment);
  }

  private async registerAt(
    admin: AdminClient,
    registration: RegistrationOptions,
    endpoint: RegisteredEndpoint,
  ): Promise<Registered> {
    const registered = await new Registrar(admin, this.events, registration, endpoint, this.stopped.signal).register();
    const unknown = await untilCallable(this.connection, registered.services, registration.timeout);
    if (unknown.length > 0) {
      this.logger.warn(
        `Registered at ${this.connection.adminUrl}, but the ingress at ${this.connection.ingressUrl} does not know ${unknown.join(', ')}: calls get a 404 "service not found". Are both URLs of one server?`,
      );
    }
    return registered;
  }
}

function watchOptions({ watch = {} }: RegistrationOptions): DeploymentWatchOptions {
  if (watch === false) return { interval: undefined, registerAgain: false };
  const { interval = DEFAULT_INTERVAL, registerAgain = true } = watch;
  return { interval: toMillis(interval), registerAgain };
}
