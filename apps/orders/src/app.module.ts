import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { IngressModule } from '@rea/ingress';
import { ReaModule } from '@rea/core';
import { ObservabilityModule } from '@rea/observability';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
import { observabilityOptions } from './config/observability.options.js';
import { reaOptions } from './config/rea.options.js';
import { readSettings } from './config/read-settings.js';
import { HealthModule } from './health/health.module.js';
import { loggerOptions } from './logging/logger.options.js';
import { LoggingModule } from './logging/logging.module.js';
import { ShopModule } from './shop.module.js';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, validate: readSettings }),
    LoggerModule.forRootAsync({ inject: [ConfigService], useFactory: loggerOptions }),
    ReaModule.forRootAsync({ inject: [ConfigService], useFactory: reaOptions }),
    IngressModule.forRoot(),
    ObservabilityModule.forRootAsync({ inject: [ConfigService], useFactory: observabilityOptions }),
    PrometheusModule.register(),
    LoggingModule,
    HealthModule,
    ShopModule,
  ],
})
export class AppModule {}
