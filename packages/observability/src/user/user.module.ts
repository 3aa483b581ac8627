import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { ReaMetrics } from './rea-metrics.js';

/** The application's own metrics. */
@Module({ imports: [MetricsModule], providers: [ReaMetrics], exports: [ReaMetrics] })
export class UserModule {}
