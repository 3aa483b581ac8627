import { Injectable } from '@nestjs/common';
import { type HealthCheckAttempt, HealthIndicatorService } from '@nestjs/terminus';
import { RestateConnection } from '@rea/core';

const TIMEOUT = 2_000;

/** Whether the Restate server takes requests; without it the shop can neither sell nor look anything up. */
@Injectable()
export class RestateHealthIndicator {
  constructor(
    private readonly health: HealthIndicatorService,
    private readonly connection: RestateConnection,
  ) {}

  check(): HealthCheckAttempt<'restate'> {
    return this.health
      .check('restate')
      .attempt(async ({ signal }) => {
        const response = await fetch(`${this.connection.ingressUrl}/restate/health`, { signal });
        if (!response.ok) throw new Error(`The ingress answers ${response.status}`);
      })
      .withTimeout(TIMEOUT);
  }
}
