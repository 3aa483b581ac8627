import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { RestateHealthIndicator } from './restate.health.js';

@Module({ imports: [TerminusModule], providers: [RestateHealthIndicator], controllers: [HealthController] })
export class HealthModule {}
