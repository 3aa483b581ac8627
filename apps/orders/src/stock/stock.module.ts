import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { StockCompensations } from './stock.compensations.js';
import { Stock } from './stock.object.js';

@Module({ imports: [CatalogModule], providers: [Stock, StockCompensations] })
export class StockModule {}
