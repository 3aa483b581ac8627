import { ConfigurableModuleBuilder } from '@nestjs/common';
import { INGRESS_OPTIONS, type IngressModuleOptions } from './ingress.options.js';

/** What a class given to `IngressModule.forRootAsync({ useClass })` implements. */
export interface IngressOptionsFactory {
  createIngressOptions(): IngressModuleOptions | Promise<IngressModuleOptions>;
}

export const { ConfigurableModuleClass, ASYNC_OPTIONS_TYPE, OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<IngressModuleOptions>({ optionsInjectionToken: INGRESS_OPTIONS })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createIngressOptions')
    .build();
