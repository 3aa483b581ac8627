import { Module } from '@nestjs/common';
import { ObservabilityModule } from '@rea/observability';
import { Quotes } from './quotes.service.js';

// #region module
@Module({
  imports: [ObservabilityModule.forRoot({ traces: true })], // beside ReaModule and IngressModule
  providers: [Quotes],
})
export class TracedModule {}
// #endregion module
