import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { HookExplorer } from './hook-explorer.js';
import { HooksService } from './hooks.service.js';

/** Calls the `@OnReaEvent` methods of the application. */
@Module({ imports: [MetricsModule], providers: [HookExplorer, HooksService] })
export class HooksModule {}
