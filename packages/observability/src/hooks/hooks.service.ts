import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit, Optional } from '@nestjs/common';
import { ReaEvents } from '@rea/core';
import { ShutdownGrace, toMillis } from '@rea/core/internal';
import { MetricRegistry } from '../metrics/metric-registry.js';
import { OBSERVABILITY_OPTIONS, type ObservabilityModuleOptions } from '../observability.options.js';
import { HookExplorer } from './hook-explorer.js';
import { hookMetrics } from './hook-metrics.js';
import { HookQueue } from './hook-queue.js';
import { HookReporter } from './hook-reporter.js';
import { HOOKS_DEFAULTS } from './hooks.options.js';
import { withDefaults } from '../with-defaults.js';

/**
 * Gives events to hooks, from before the endpoint opens. When the application shuts down, what waits is handled once the
 * last handler has ended and before any provider is destroyed, for as long as the grace lasts.
 */
@Injectable()
export class HooksService implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Rea');
  private readonly queues: HookQueue[] = [];
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly explorer: HookExplorer,
    @Inject(OBSERVABILITY_OPTIONS) private readonly options: ObservabilityModuleOptions,
    @Optional() @Inject(MetricRegistry) private readonly metrics: MetricRegistry | undefined,
    private readonly events: ReaEvents,
    grace: ShutdownGrace,
  ) {
    grace.registerLast(() => this.drain());
  }

  /** @throws ObservabilityError (`REA1063`) when a hook's provider has no instance that lasts */
  onModuleInit(): void {
    const { events } = this;
    const metrics = this.metrics && hookMetrics(this.metrics);
    const { queueSize } = withDefaults(HOOKS_DEFAULTS, this.options.hooks);
    for (const { name, types, call } of this.explorer.explore()) {
      const queue = new HookQueue(new HookReporter(name, queueSize, metrics), queueSize);
      this.queues.push(queue);
      for (const type of types) this.stops.push(events.on(type, (payload) => queue.add(() => call(payload))));
    }
  }

  onApplicationShutdown(): void {
    for (const stop of this.stops) stop();
  }

  private async drain(): Promise<void> {
    const grace = toMillis(withDefaults(HOOKS_DEFAULTS, this.options.hooks).shutdownGrace);
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => resolve('late'), grace);
    const drained = Promise.all(this.queues.map((queue) => queue.drained()));
    if ((await Promise.race([drained, late])) === 'late') {
      this.logger.warn(
        `REA9004: Hooks have not ended within ${grace} ms; the shutdown goes on, and what waits is lost.`,
      );
    }
    clearTimeout(timer);
  }
}
