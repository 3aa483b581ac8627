import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { ReaEvents, RestateConnection } from '@rea/core';
import { AdminClient, OpenDeadLetters, toMillis, messageOf } from '@rea/core/internal';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { type Pause, PausedInvocations } from './paused-invocations.js';
import { ToldPauses } from './told-pauses.js';
import { WATCH_DEFAULTS } from './watch.options.js';
import { measureWatched, type WatchMetrics, watchMetrics } from './watch-metrics.js';
import { withDefaults } from '../with-defaults.js';

/** Pauses that one look tells at most: a fraction of what waits for a hook by default. */
const MOST_TOLD = 1_000;

/**
 * Asks the server at intervals what it tells nobody: which invocations are paused, and how many dead letters are open. It
 * looks while metrics are on or somebody listens to `invocation-paused`, in processes that know the admin API.
 *
 * All paused invocations are counted; told are the newest 1,000 of a look. What cannot be asked for is not known, and keeps
 * nothing else from being told and measured.
 */
@Injectable()
export class ServerWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Rea');
  private readonly admin: AdminClient | undefined;
  private readonly metrics: WatchMetrics | undefined;
  private readonly interval: number | undefined;
  private readonly told = new ToldPauses(MOST_TOLD);
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  /** What the last look could not ask for; empty when it could ask for all. */
  private unknown = '';

  constructor(
    @Inject(OBSERVABILITY_OPTIONS) { watch = {} }: ObservabilityModuleOptions,
    private readonly paused: PausedInvocations,
    private readonly events: ReaEvents,
    connection: RestateConnection,
    @Optional() @Inject(MetricRegistry) metrics: MetricRegistry | undefined,
    @Optional() @Inject(OpenDeadLetters) private readonly deadLetters: OpenDeadLetters | undefined,
  ) {
    this.admin = AdminClient.of(connection);
    this.metrics = metrics && watchMetrics(metrics);
    this.metrics?.deadLetters.remove(); // not known before the first look
    this.interval = watch === false ? undefined : toMillis(withDefaults(WATCH_DEFAULTS, watch).interval);
  }

  onApplicationBootstrap(): void {
    if (this.interval !== undefined && this.admin) this.schedule(this.admin, this.interval);
  }

  /** A look that is under way ends by itself, and tells nothing any more. */
  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private schedule(admin: AdminClient, interval: number): void {
    if (this.isStopped) return;
    const look = () => void this.look(admin).finally(() => this.schedule(admin, interval));
    this.timer = setTimeout(look, interval).unref();
  }

  /** One look: never throws, since the next one may work. */
  private async look(admin: AdminClient): Promise<void> {
    const { metrics, paused, deadLetters } = this;
    const isHeard = this.events.observes('invocation-paused');
    if (!metrics && !isHeard) return;
    const [newest, counts, open] = await Promise.allSettled([
      isHeard ? paused.newest(admin, MOST_TOLD) : undefined,
      metrics && paused.counts(admin),
      metrics && deadLetters?.count(),
    ]);
    if (this.isStopped) return;
    if (newest.status === 'fulfilled' && newest.value) this.tell(newest.value);
    if (metrics) measureWatched(metrics, counts, open);
    this.report({ 'paused invocations': [newest, counts], 'dead letters': [open] });
  }

  private tell(newest: readonly Pause[]): void {
    for (const { told } of this.told.untold(newest)) this.events.publish('invocation-paused', () => told);
  }

  /** Counts a look that failed, be it in part, and logs when what is not known changes. */
  private report(parts: Readonly<Record<string, readonly PromiseSettledResult<unknown>[]>>): void {
    const failures = Object.entries(parts).flatMap(([what, results]) => {
      const failed = results.find(({ status }) => status === 'rejected');
      return failed?.status === 'rejected' ? [{ what, error: failed.reason as unknown }] : [];
    });
    const unknown = failures.map(({ what }) => what).join(' and ');
    const hasChanged = unknown !== this.unknown;
    this.unknown = unknown;
    const [first] = failures;
    if (first) this.metrics?.failures.inc({});
    if (!hasChanged) return;
    if (!first) return this.logger.log('Paused invocations and dead letters are known again.');
    this.logger.warn(
      `REA9005: The server cannot be asked for ${unknown}; they are not told meanwhile. It is asked again every ${this.interval} ms. ${messageOf(first.error)}`,
    );
  }
}
