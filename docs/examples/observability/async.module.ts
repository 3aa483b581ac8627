import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ObservabilityModule } from '@rea/observability';

// #region async
@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    ObservabilityModule.forRootAsync({
      metricsPath: '/internal/metrics', // routes are fixed before the factory runs
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        metrics: config.get('METRICS') !== 'off',
        watch: { interval: { seconds: 30 } },
      }),
    }),
  ],
})
export class ConfiguredModule {}
// #endregion async
