import { Module } from '@nestjs/common';
import { ReaModule } from '@rea/core';
import { SagaModule } from '@rea/saga';
import { Agency } from './agency.js';
import { TripCompensations, TripWorkflow } from './trip.js';

// #region module
@Module({
  imports: [
    ReaModule.forRoot({ server: 'embedded' }),
    SagaModule.forRoot({ retry: { maxAttempts: 6, initialInterval: { seconds: 1 }, maxInterval: { minutes: 5 } } }),
  ],
  providers: [TripWorkflow, TripCompensations, Agency],
})
export class TripsModule {}
// #endregion module
