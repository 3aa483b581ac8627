import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ReaModuleOptions } from './rea.options.js';

/** Token of the options as the user gave them; everything else injects the validated `REA_OPTIONS`. */
export const RAW_OPTIONS = Symbol('REA_RAW_OPTIONS');

/** What a class given to `ReaModule.forRootAsync({ useClass })` implements. */
export interface ReaOptionsFactory {
  createReaOptions(): ReaModuleOptions | Promise<ReaModuleOptions>;
}

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ReaModuleOptions>({ optionsInjectionToken: RAW_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createReaOptions')
    .build();
