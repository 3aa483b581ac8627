import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { ReaHealth } from '@rea/observability';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly rea: ReaHealth,
  ) {}

  @Get()
  @HealthCheck()
  check(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.rea.server(),
      () => this.rea.endpoint(),
      () => this.rea.registration(),
      () => this.rea.deadLetters(),
    ]);
  }
}
