import { Module } from '@nestjs/common';
import { ReaHealth } from './rea-health.js';

/** Health indicators. They do nothing until they are asked. */
@Module({ providers: [ReaHealth], exports: [ReaHealth] })
export class HealthModule {}
