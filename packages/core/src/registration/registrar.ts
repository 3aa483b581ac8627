import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ReaEvents } from '../events/rea-events.js';
import type { RegistrationOptions } from '../rea.options.js';
import type { AdminClient, DeploymentRequest, KnownDeployment, RegisteredDeployment } from './admin-client.js';
import { isContended, refuseSecond, refuseTaken } from './component-owners.js';
import { APPLICATION, applicationOf } from './known-deployments.js';
import {
  AdminRequestError,
  AdminUnreachableError,
  BreakingChangeError,
  DeploymentChangedError,
  EndpointUnreachableError,
} from './registration.errors.js';
import { renamedServices } from './renamed-services.js';
import { schemaChanges } from './schema-changes.js';

const DEFAULT_TIMEOUT = 60_000;
const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;

const RENAMED = "the application's name";

/** An endpoint that a server is to know. */
export interface RegisteredEndpoint {
  /** Where the server reaches it. */
  readonly uri: string;
  /** What it serves, as the server names it. */
  readonly components: readonly string[];
  /** Undefined: without a name. */
  readonly application: string | undefined;
  /** It does not speak HTTP/2. */
  readonly http11: boolean;
}

/** What the server knows of an endpoint, and the deployments that it knew before. */
export interface Registered extends RegisteredDeployment {
  readonly before: readonly KnownDeployment[];
}

/**
 * Makes the endpoint known to the Restate server: waits for the server, registers, and compares what the server knows
 * with what this build has. A known URL with a changed schema is replaced in development and refused in production.
 */
export class Registrar {
  private readonly logger = new Logger('Rea');
  /** Whether it has said that it waits. */
  private isWaiting = false;

  constructor(
    private readonly admin: AdminClient,
    private readonly events: ReaEvents,
    private readonly options: RegistrationOptions,
    private readonly endpoint: RegisteredEndpoint,
    /** Ends the wait for the server. */
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * @returns what the server knows now; `created` when the URL was new there
   * @throws ComponentTakenError when another application serves a component of this one
   * @throws AdminUnreachableError when the server did not come up in time
   * @throws EndpointUnreachableError when the server cannot reach the endpoint
   * @throws DeploymentChangedError, BreakingChangeError when the change is not allowed
   */
  async register(): Promise<Registered> {
    const { uri, components, application, http11 } = this.endpoint;
    const force = this.options.force ?? process.env['NODE_ENV'] !== 'production';
    const breaking = this.options.breaking ?? force;
    const request: DeploymentRequest = {
      uri,
      breaking,
      ...(http11 ? { use_http_11: true } : {}),
      ...(application === undefined ? {} : { metadata: { [APPLICATION]: application } }),
    };
    const before = await this.attempt(uri, () => this.admin.deployments());
    refuseTaken({ uri, application, replaces: force }, components, before);
    const known = await this.attempt(uri, () => this.admin.register(request));
    const changes = known.created ? [] : await this.changes(request, known, before);
    // A name alone is no change that a deployment has to be refused for.
    const isRenamedOnly = changes.length === 1 && changes[0] === RENAMED;
    const replaces = changes.length > 0 && (force || !isRenamedOnly);
    let { services } = known;
    if (replaces) {
      if (!force) throw new DeploymentChangedError(uri, changes);
      ({ services } = await this.attempt(uri, () => this.admin.register({ ...request, force: true })));
      this.logger.log(`Registered ${uri} again: ${changes.join('; ')}`);
    } else {
      this.logger.log(known.created ? `Registered ${uri} as ${known.id}` : `${uri} is registered as ${known.id}`);
    }
    if (known.created || replaces) await this.yieldToFirst(known, services, before);
    this.events.publish('registered', () => ({
      deploymentId: known.id,
      uri,
      changed: known.created || replaces,
    }));
    return { ...known, services, before };
  }

  /** @throws ComponentTakenError when another application has registered a component since the look at the deployments */
  private async yieldToFirst(
    { id, created }: RegisteredDeployment,
    services: RegisteredDeployment['services'],
    before: readonly KnownDeployment[],
  ): Promise<void> {
    if (!isContended(services, before)) return;
    const { uri, application } = this.endpoint;
    const now = await this.attempt(uri, () => this.admin.deployments());
    try {
      refuseSecond(application, id, services, now);
    } catch (error) {
      if (created) {
        await this.admin.remove(id).catch((cause: unknown) => {
          this.logger.warn(`The deployment ${id} could not be taken back: ${String(cause)}`);
        });
      }
      throw error;
    }
  }

  /** For a known URL the server answers with the old schema; a forced dry run tells what this build has. */
  private async changes(
    request: DeploymentRequest,
    known: RegisteredDeployment,
    before: readonly KnownDeployment[],
  ): Promise<string[]> {
    const now = await this.attempt(request.uri, () => this.admin.register({ ...request, force: true, dry_run: true }));
    const renamedTo = renamedServices(known.services, now.services);
    if (renamedTo.length > 0) {
      const names = renamedTo
        .map(({ from, to }) => `${from} is ${to} now`)
        .toSorted()
        .join(', ');
      this.logger.warn(
        `REA1098: Components at ${request.uri} have other names than before: ${names}. Invocations under the old names cannot go on. Give the components their old names, or, where a minifier renames classes, names of their own: @Service({ name: '...' }).`,
      );
    }
    const own = before.find(({ id }) => id === known.id);
    const isRenamed = own !== undefined && applicationOf(own) !== this.endpoint.application;
    return [...schemaChanges(known.services, now.services), ...(isRenamed ? [RENAMED] : [])];
  }

  private async attempt<T>(uri: string, request: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + (this.options.timeout ?? DEFAULT_TIMEOUT);
    for (let pause = FIRST_WAIT; ; pause = Math.min(pause * 2, LONGEST_WAIT)) {
      try {
        return await request();
      } catch (error) {
        const failure = explain(uri, error);
        if (failure.final || Date.now() + pause > deadline) throw failure.error;
        if (!this.isWaiting) this.logger.warn(`Waiting for the Restate server: ${failure.error.message}`);
        this.isWaiting = true;
      }
      await wait(pause, undefined, { signal: this.signal });
    }
  }
}

function explain(uri: string, error: unknown): { readonly error: Error; readonly final: boolean } {
  if (error instanceof AdminUnreachableError) return { error, final: false };
  if (!(error instanceof AdminRequestError)) return { error: error as Error, final: true };
  if (error.status === 409) return { error: new BreakingChangeError(uri, error), final: true };
  if (error.isEndpointUnreachable) return { error: new EndpointUnreachableError(uri, error), final: false };
  return { error, final: error.status < 500 };
}
