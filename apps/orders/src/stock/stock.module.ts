import { Module } from '@nestjs/common';
import { CatalogModule } from '../catalog/catalog.module.js';
import { Stock } from './stock.object.js';

@Module({ imports: [CatalogModule], providers: [Stock] })
export class StockModule {}
