// #region module
import { Module } from '@nestjs/common';
import { ObservabilityModule } from '@rea/observability';
import { LoggerModule } from 'nestjs-pino';
import { Parking } from './parking.service.js';

@Module({
  imports: [
    LoggerModule.forRoot({ pinoHttp: { level: 'info', redact: ['plate'] } }),
    ObservabilityModule.forRoot({ logs: true }), // beside ReaModule and IngressModule
  ],
  providers: [Parking],
})
export class LoggedModule {}
// #endregion module
