import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { IngressModule } from '@rea/ingress';
import { ReaModule } from '@rea/core';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import { LoggerModule } from 'nestjs-pino';
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
    PrometheusModule.register(),
    LoggingModule,
    HealthModule,
    ShopModule,
  ],
})
export class AppModule {}
