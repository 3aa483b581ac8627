import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { ReaEvents } from '../events/rea-events.js';
import type { RegistrationOptions } from '../rea.options.js';
import type { AdminClient, DeploymentRequest, RegisteredDeployment } from './admin-client.js';
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

/**
 * Makes the endpoint known to the Restate server: waits for the server, registers, and compares what the server knows
 * with what this build has. A known URL with a changed schema is replaced in development and refused in production.
 */
export class Registrar {
  private readonly logger = new Logger('Rea');

  constructor(
    private readonly admin: AdminClient,
    private readonly events: ReaEvents,
    private readonly options: RegistrationOptions,
    private readonly http11 = false,
  ) {}

  /**
   * @param uri where the server reaches the endpoint
   * @returns what the server knows now; `created` when the URL was new there
   * @throws AdminUnreachableError when the server did not come up in time
   * @throws EndpointUnreachableError when the server cannot reach the endpoint
   * @throws DeploymentChangedError, BreakingChangeError when the change is not allowed
   */
  async register(uri: string): Promise<RegisteredDeployment> {
    const force = this.options.force ?? process.env['NODE_ENV'] !== 'production';
    const breaking = this.options.breaking ?? force;
    const request = { uri, breaking, ...(this.http11 ? { use_http_11: true } : {}) };
    const known = await this.attempt(uri, () => this.admin.register(request));
    const changes = known.created ? [] : await this.changes(request, known);
    let { services } = known;
    if (changes.length > 0) {
      if (!force) throw new DeploymentChangedError(uri, changes);
      ({ services } = await this.attempt(uri, () => this.admin.register({ ...request, force: true })));
      this.logger.log(`Registered ${uri} again: ${changes.join('; ')}`);
    } else {
      this.logger.log(known.created ? `Registered ${uri} as ${known.id}` : `${uri} is registered as ${known.id}`);
    }
    this.events.publish('registered', () => ({
      deploymentId: known.id,
      uri,
      changed: known.created || changes.length > 0,
    }));
    return { ...known, services };
  }

  /** For a known URL the server answers with the old schema; a forced dry run tells what this build has. */
  private async changes(request: DeploymentRequest, known: RegisteredDeployment): Promise<string[]> {
    const now = await this.attempt(request.uri, () => this.admin.register({ ...request, force: true, dry_run: true }));
    const renamed = renamedServices(known.services, now.services);
    if (renamed.length > 0) {
      const names = renamed.map(({ from, to }) => `${from} is ${to} now`).join(', ');
      this.logger.warn(
        `REA1098: Components at ${request.uri} have other names than before: ${names}. Invocations under the old names cannot go on. Give the components their old names, or, where a minifier renames classes, names of their own: @Service({ name: '...' }).`,
      );
    }
    return schemaChanges(known.services, now.services);
  }

  private async attempt(uri: string, request: () => Promise<RegisteredDeployment>): Promise<RegisteredDeployment> {
    const deadline = Date.now() + (this.options.timeout ?? DEFAULT_TIMEOUT);
    for (let pause = FIRST_WAIT; ; pause = Math.min(pause * 2, LONGEST_WAIT)) {
      try {
        return await request();
      } catch (error) {
        const failure = explain(uri, error);
        if (failure.final || Date.now() + pause > deadline) throw failure.error;
        if (pause === FIRST_WAIT) this.logger.warn(`Waiting for the Restate server: ${failure.error.message}`);
      }
      await wait(pause);
    }
  }
}

function explain(uri: string, error: unknown): { readonly error: Error; readonly final: boolean } {
  if (error instanceof AdminUnreachableError) return { error, final: false };
  if (!(error instanceof AdminRequestError)) return { error: error as Error, final: true };
  if (error.status === 409) return { error: new BreakingChangeError(uri, error), final: true };
  if (error.body.includes('META0003')) return { error: new EndpointUnreachableError(uri, error), final: false };
  return { error, final: error.status < 500 };
}
