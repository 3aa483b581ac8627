import { setTimeout as wait } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { type DurationBounds, LONGEST_TIMER } from '../durable/duration.js';
import type { AdminClient, KnownDeployment } from './admin-client.js';
import { addressOf, applicationOf, isSameUrl, latestByService, newerThan } from './known-deployments.js';
import type { Registered, RegisteredEndpoint } from './registrar.js';
import { describeLost, describeNewer, describeRemoved } from './registration-reports.js';
import type { NewerDeployment, RegistrationState } from './registration-state.js';
import { AdminRequestError } from './registration.errors.js';

/** A server that has just started may not have read what it knows: a loss is looked at twice, this far apart. */
const SECOND_LOOK = 1_000;

/** How much longer or shorter than the interval each pause may be. */
const JITTER = 0.2;

/** What the interval may be: a pause with its jitter fits a timer of Node. */
export const WATCH_BOUNDS: DurationBounds = { least: 10, most: Math.floor(LONGEST_TIMER / (1 + JITTER)) };
/** Every so many looks the server is asked again whether it reaches a newer deployment: it then discovers all of that. */
const LOOKS_PER_ANSWER = 20;

export interface DeploymentWatchOptions {
  /** In milliseconds; undefined: only at the start. */
  readonly interval: number | undefined;
  readonly registerAgain: boolean;
}

/**
 * Looks whether the server still knows a deployment, and whether it is the latest of its components. A look that fails
 * says nothing: a server that is out of reach has lost nothing.
 *
 * It must never take calls from another deployment. So it registers again only where the server has forgotten all
 * deployments that it knew, not where somebody has removed this one from a server that kept its data; and only where no
 * newer one was seen before, since whoever registers last has the calls, and the newer one registers again too.
 */
export class DeploymentWatch {
  private readonly logger = new Logger('Rea');
  private current: RegistrationState = { status: 'none', newer: [] };
  /** The deployments of the last look that found this one, or of the registration. */
  private known: ReadonlySet<string> = new Set();
  private revisions: ReadonlyMap<string, number> = new Map();
  /** Whether the server reaches the newer deployments, and at which look it was asked. */
  private answers: ReadonlyMap<string, { readonly value: boolean | undefined; readonly look: number }> = new Map();
  private looks = 0;
  /** It was not the latest when it was lost. */
  private isOutdated = false;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  /** @param registerAgain registers, and gives what the server knows now */
  constructor(
    private readonly admin: AdminClient,
    private readonly endpoint: RegisteredEndpoint,
    private readonly options: DeploymentWatchOptions,
    private readonly registerAgain: () => Promise<Registered>,
  ) {}

  get state(): RegistrationState {
    return this.current;
  }

  /** Begins with what a registration has found, and warns where newer deployments take the calls. */
  async start({ id, created, before, services }: Registered): Promise<void> {
    this.remember(id, before, services);
    const own = before.find((each) => each.id === id);
    // What was created, or replaced, is the latest.
    const isOlder = own?.services.some(({ name, revision }) => this.revisions.get(name) === revision) ?? false;
    const newer = created || !isOlder ? [] : await this.newer(own!, before);
    this.current = { status: 'registered', deploymentId: id, newer };
    if (newer.length > 0) this.logger.warn(describeNewer(this.endpoint.uri, id, newer));
    this.schedule();
  }

  /** A look that is under way ends by itself, and changes nothing any more. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const { interval } = this.options;
    if (interval === undefined || this.isStopped) return;
    const pause = interval * (1 - JITTER + 2 * JITTER * Math.random());
    this.timer = setTimeout(() => void this.look().finally(() => this.schedule()), pause).unref();
  }

  /** One look: never throws, since the next one may work. */
  private async look(): Promise<void> {
    this.looks += 1;
    try {
      const deployments = await this.admin.deployments();
      const own = this.own(deployments);
      if (own) await this.found(own, deployments);
      else await this.missed();
    } catch (error) {
      this.logger.debug(`The registration could not be looked at: ${String(error)}`);
    }
  }

  /** By its URL too: another replica behind it may have registered it again. */
  private own(deployments: readonly KnownDeployment[]): KnownDeployment | undefined {
    return (
      deployments.find(({ id }) => id === this.current.deploymentId) ??
      deployments.find(({ uri }) => isSameUrl(uri, this.endpoint.uri))
    );
  }

  private async found(own: KnownDeployment, deployments: readonly KnownDeployment[]): Promise<void> {
    const { status, newer: before } = this.current;
    const newer = await this.newer(own, deployments);
    if (this.isStopped) return;
    this.remember(own.id, deployments, own.services);
    this.current = { status: 'registered', deploymentId: own.id, newer };
    if (status !== 'registered') this.logger.log(`The Restate server knows ${this.endpoint.uri} again, as ${own.id}.`);
    this.report(before, newer);
  }

  /** That newer deployments take over is what a deployment is for; that they do not answer is not. */
  private report(before: readonly NewerDeployment[], newer: readonly NewerDeployment[]): void {
    const isNews = newer.some((each) => {
      const known = before.find(({ id }) => id === each.id);
      return !known || (known.answers !== false && each.answers === false);
    });
    if (isNews) {
      const text = describeNewer(this.endpoint.uri, this.current.deploymentId!, newer);
      if (newer.some(({ answers }) => answers === false)) this.logger.warn(text);
      else this.logger.log(text);
    }
    if (before.length > 0 && newer.length === 0) {
      this.logger.log(`${this.endpoint.uri} is the latest deployment of its components again.`);
    }
  }

  private async missed(): Promise<void> {
    await wait(SECOND_LOOK, undefined, { ref: false });
    const deployments = await this.admin.deployments();
    if (this.isStopped || this.own(deployments)) return;
    const { uri } = this.endpoint;
    const { deploymentId: id = '', status, newer } = this.current;
    // An outdated one stays lost while the newer one has its calls again.
    if (!(status === 'lost' && this.isOutdated) && !this.isLost(deployments)) return this.removed(deployments);
    if (status !== 'lost') {
      this.isOutdated = newer.length > 0;
      const then = !this.options.registerAgain ? 'off' : this.isOutdated ? 'outdated' : 'again';
      this.logger.error(describeLost(this.admin.url, uri, id, then));
    }
    this.current = { ...this.current, status: 'lost', newer: [] };
    if (!this.options.registerAgain || this.isOutdated) return;
    try {
      const { id: again, before, services } = await this.registerAgain();
      if (this.isStopped) return;
      this.remember(again, before, services);
      this.current = { status: 'registered', deploymentId: again, newer: [] };
    } catch (error) {
      if (status !== 'lost') this.logger.error(`Registering ${uri} again failed, and is tried again: ${String(error)}`);
    }
  }

  private removed(deployments: readonly KnownDeployment[]): void {
    const { deploymentId: id = '', status } = this.current;
    const latest = latestByService(deployments);
    const served = this.endpoint.components.flatMap((name) => latest.get(name)?.deployment ?? []);
    this.current = { ...this.current, status: 'removed', newer: [] };
    if (status === 'removed') return;
    this.logger.warn(describeRemoved(this.endpoint.uri, id, [...new Set(served.map(addressOf))]));
  }

  /**
   * Whether the server has lost its data, rather than only this deployment. Where nobody serves the components, nothing
   * is taken from anybody. A server that kept its data has another deployment of before; or, where there was none, one
   * that was registered after this one, whose revisions are higher: an empty server counts from 1.
   */
  private isLost(deployments: readonly KnownDeployment[]): boolean {
    const { components } = this.endpoint;
    const served = deployments.flatMap(({ services }) => services.filter(({ name }) => components.includes(name)));
    if (served.length === 0) return true;
    if (deployments.some(({ id }) => this.known.has(id))) return false;
    return components.some((name) => {
      const revisions = served.filter((each) => each.name === name).map(({ revision }) => revision);
      return revisions.length > 0 && Math.min(...revisions) <= (this.revisions.get(name) ?? 0);
    });
  }

  private remember(
    id: string,
    deployments: readonly KnownDeployment[],
    services: readonly { readonly name: string; readonly revision: number }[],
  ): void {
    this.known = new Set([id, ...deployments.map((each) => each.id)]);
    this.revisions = new Map(services.map(({ name, revision }) => [name, revision]));
  }

  private async newer(own: KnownDeployment, deployments: readonly KnownDeployment[]): Promise<NewerDeployment[]> {
    const found = newerThan(own, this.endpoint.components, deployments);
    const asked = await Promise.all([...found.keys()].map(async (each) => [each.id, await this.answer(each)] as const));
    this.answers = new Map(asked);
    return [...found].map(([deployment, components]) => ({
      id: deployment.id,
      address: addressOf(deployment),
      application: this.stranger(deployment),
      components,
      answers: this.answers.get(deployment.id)?.value,
    }));
  }

  private stranger(deployment: KnownDeployment): string | undefined {
    const application = applicationOf(deployment);
    return application === this.endpoint.application ? undefined : application;
  }

  private async answer(deployment: KnownDeployment): Promise<{ value: boolean | undefined; look: number }> {
    const known = this.answers.get(deployment.id);
    if (known && this.looks - known.look < LOOKS_PER_ANSWER) return known;
    return { value: await this.isReached(deployment), look: this.looks };
  }

  /** The server itself is asked to look: what it reaches may be out of this process's reach. */
  private async isReached({ uri, http_version: version }: KnownDeployment): Promise<boolean | undefined> {
    if (uri === undefined) return undefined;
    const http11 = version === 'HTTP/1.1' ? { use_http_11: true } : {};
    try {
      await this.admin.register({ uri, force: true, breaking: true, dry_run: true, ...http11 });
      return true;
    } catch (error) {
      return error instanceof AdminRequestError && error.isEndpointUnreachable ? false : undefined;
    }
  }
}
