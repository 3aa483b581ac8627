import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { ReaEvents, RestateConnection } from '@rea/core';
import { AdminClient, OpenDeadLetters, toMillis } from '@rea/core/internal';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { type Pause, PausedInvocations } from './paused-invocations.js';
import { WATCH_DEFAULTS } from './watch.options.js';
import { type WatchMetrics, watchMetrics } from './watch-metrics.js';
import { withDefaults } from '../with-defaults.js';

/**
 * Asks the server at intervals what it tells nobody: which invocations are paused, and how many dead letters are open. It
 * looks while metrics are on or somebody listens to `invocation-paused`, in processes that know the admin API.
 */
@Injectable()
export class ServerWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Rea');
  private readonly admin: AdminClient | undefined;
  private readonly metrics: WatchMetrics | undefined;
  private readonly interval: number | undefined;
  /** Pauses that have been told and still last, by invocation. */
  private told = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private isFailing = false;

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
    if (!this.metrics && !this.events.observes('invocation-paused')) return;
    try {
      const [pauses, open] = await Promise.all([this.paused.find(admin), this.metrics && this.deadLetters?.count()]);
      if (this.isStopped) return;
      this.tell(pauses);
      this.measure(pauses, open);
      if (this.isFailing) this.logger.log('Paused invocations and dead letters are known again.');
      this.isFailing = false;
    } catch (error) {
      if (this.isStopped) return;
      this.metrics?.failures.inc({});
      this.metrics?.paused.reset();
      this.metrics?.deadLetters.remove();
      if (this.isFailing) return;
      this.isFailing = true;
      this.logger.warn(
        `REA9005: The server cannot be asked for paused invocations and dead letters; they are not told meanwhile. It is asked again every ${this.interval} ms. ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  /** Tells each pause once; an invocation that was resumed and is paused again is another. */
  private tell(pauses: readonly Pause[]): void {
    const before = this.told;
    this.told = new Map(pauses.map(({ at, told }) => [told.invocationId, at]));
    for (const { at, told } of pauses) {
      if (before.get(told.invocationId) !== at) this.events.publish('invocation-paused', () => told);
    }
  }

  private measure(pauses: readonly Pause[], open: number | undefined): void {
    if (!this.metrics) return;
    const { paused, deadLetters } = this.metrics;
    paused.reset();
    for (const { told } of pauses) paused.inc({ service: told.service, handler: told.handler });
    if (open !== undefined) deadLetters.set(open);
  }
}
