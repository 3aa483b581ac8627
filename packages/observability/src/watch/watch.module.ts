import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { PausedInvocations } from './paused-invocations.js';
import { ServerWatch } from './server-watch.service.js';

/** Looks at the server for what it tells nobody. */
@Module({ imports: [MetricsModule], providers: [PausedInvocations, ServerWatch] })
export class WatchModule {}
