// #region health
import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { ReaHealth } from '@rea/observability';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly rea: ReaHealth,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.rea.endpoint(), () => this.rea.server()]);
  }

  @Get('alerts')
  @HealthCheck()
  alerts() {
    return this.health.check([() => this.rea.registration(), () => this.rea.deadLetters()]);
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController] })
export class HealthModule {}
// #endregion health
