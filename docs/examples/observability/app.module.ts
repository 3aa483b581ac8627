// #region module
import { Module } from '@nestjs/common';
import { ReaModule } from '@rea/core';
import { IngressModule } from '@rea/ingress';
import { ObservabilityModule } from '@rea/observability';
import { Alerts } from './alerts.js';
import { Parcels } from './parcels.service.js';

@Module({
  imports: [
    ReaModule.forRoot({ server: 'embedded' }),
    IngressModule.forRoot(),
    ObservabilityModule.forRoot({ metrics: true }), // GET /metrics
  ],
  providers: [Alerts, Parcels],
})
export class AppModule {}
// #endregion module
