import { Module } from '@nestjs/common';
import { CatalogController } from './catalog.controller.js';
import { Catalog } from './catalog.service.js';

@Module({ providers: [Catalog], controllers: [CatalogController], exports: [Catalog] })
export class CatalogModule {}
