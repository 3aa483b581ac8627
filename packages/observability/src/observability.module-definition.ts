import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ObservabilityModuleOptions } from './observability.options.js';

/** What a class given to `ObservabilityModule.forRootAsync({ useClass })` implements. */
export interface ObservabilityOptionsFactory {
  createObservabilityOptions(): ObservabilityModuleOptions | Promise<ObservabilityModuleOptions>;
}

/** The options as given; what the module works with is checked. */
export const RAW_OBSERVABILITY_OPTIONS = Symbol('RAW_OBSERVABILITY_OPTIONS');

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ObservabilityModuleOptions>({ optionsInjectionToken: RAW_OBSERVABILITY_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createObservabilityOptions')
    .build();
