import { Module } from '@nestjs/common';
import { CARRIERS } from './carrier.js';
import { ShippingCompensations } from './shipping.compensations.js';
import { Shipping } from './shipping.service.js';
import { TARIFFS } from './stand-in/tariff.js';
import { TariffCarrier } from './stand-in/tariff-carrier.js';

@Module({
  providers: [
    Shipping,
    ShippingCompensations,
    { provide: CARRIERS, useFactory: () => TARIFFS.map((tariff) => new TariffCarrier(tariff)) },
  ],
})
export class ShippingModule {}
