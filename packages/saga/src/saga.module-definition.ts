import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { SagaModuleOptions } from './saga.options.js';

/** What a class given to `SagaModule.forRootAsync({ useClass })` implements. */
export interface SagaOptionsFactory {
  createSagaOptions(): SagaModuleOptions | Promise<SagaModuleOptions>;
}

/** The options as given; what the module works with is checked. */
export const RAW_SAGA_OPTIONS = Symbol('RAW_SAGA_OPTIONS');

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<SagaModuleOptions>({ optionsInjectionToken: RAW_SAGA_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createSagaOptions')
    .build();
