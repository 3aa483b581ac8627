import { Controller, Get } from '@nestjs/common';
import { HealthCheck, type HealthCheckResult, HealthCheckService } from '@nestjs/terminus';
import { ReaHealth } from '@rea/observability';

/** From here on somebody should look at the dead letters, though the shop goes on selling. */
const MANY_DEAD_LETTERS = 100;

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
      () => this.rea.deadLetters({ max: MANY_DEAD_LETTERS, above: 'degraded' }),
    ]);
  }
}
