import { type DynamicModule, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { importedOnce, INSTRUMENTATION } from '@rea/core/internal';
import { HealthModule } from './health/health.module.js';
import { HooksModule } from './hooks/hooks.module.js';
import { combine } from './instrumentation.js';
import { LOGGING } from './logs/logging.service.js';
import { LogsModule } from './logs/logs.module.js';
import { metricsRoute } from './metrics/metrics-route.js';
import { MetricsModule } from './metrics/metrics.module.js';
import {
  type ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  type OPTIONS_TYPE,
  RAW_OBSERVABILITY_OPTIONS,
} from './observability.module-definition.js';
import { OBSERVABILITY_OPTIONS } from './observability.options.js';
import { checkPath, validateFactoryOptions, validateObservabilityOptions } from './observability.options-validation.js';
import { TRACING } from './traces/spans.js';
import { TracesModule } from './traces/traces.module.js';
import { UserModule } from './user/user.module.js';
import { WatchModule } from './watch/watch.module.js';

const DEFAULT_METRICS_PATH = '/metrics';

const PARTS = [HooksModule, MetricsModule, UserModule, WatchModule, TracesModule, LogsModule, HealthModule];

/**
 * Shows what durable handlers do: metrics, hooks, traces, logs and health. Import it once, beside `ReaModule`; it is
 * global. Its parts inject the checked options and do nothing unless they are named there.
 *
 * @example
 * ```ts
 * @Module({ imports: [ReaModule.forRoot({ server: 'embedded' }), ObservabilityModule.forRoot({ metrics: true })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class ObservabilityModule extends ConfigurableModuleClass {
  constructor(modules: ModulesContainer) {
    super();
    importedOnce(modules, ObservabilityModule);
  }

  /** @throws ReaOptionsError when an option cannot work, naming its path and the cure */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    const { metrics = false } = validateObservabilityOptions(options);
    const { path = DEFAULT_METRICS_PATH } = typeof metrics === 'object' ? metrics : {};
    return extend(super.forRoot(options), metrics === false ? false : path);
  }

  /**
   * As {@link forRoot}, with options from a factory, a class or an existing provider.
   *
   * @param options `metricsPath`: where this application serves its metrics; without it, it does not
   */
  static override forRootAsync({
    metricsPath = false,
    ...options
  }: typeof ASYNC_OPTIONS_TYPE & { readonly metricsPath?: string | false }): DynamicModule {
    checkPath('metricsPath', metricsPath);
    return extend(super.forRootAsync(options), metricsPath, validateFactoryOptions);
  }
}

function extend(
  definition: DynamicModule,
  metricsPath: string | false,
  validate = validateObservabilityOptions,
): DynamicModule {
  const route = metricsPath === false ? [] : [handled(metricsRoute(metricsPath))];
  return {
    ...definition,
    global: true,
    imports: [...(definition.imports ?? []), ...PARTS, ...route],
    providers: [
      ...(definition.providers ?? []),
      {
        provide: OBSERVABILITY_OPTIONS,
        useFactory: validate,
        inject: [RAW_OBSERVABILITY_OPTIONS],
      },
      { provide: INSTRUMENTATION, useFactory: combine, inject: [TRACING, LOGGING] },
    ],
    exports: [OBSERVABILITY_OPTIONS, INSTRUMENTATION, ...PARTS],
  };
}

/** A promise whose failure is for Nest, which waits for it later. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
