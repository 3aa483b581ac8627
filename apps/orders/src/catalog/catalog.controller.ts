import { Controller, Get, Param } from '@nestjs/common';
import { type IngressObjectClient, InjectIngress } from '@rea/ingress';
import type { StockLevel } from '../stock/stock.schemas.js';
import { Stock } from '../stock/stock.object.js';
import { Catalog } from './catalog.service.js';
import type { Product } from './product.js';

type Listing = Omit<Product, 'stock'>;

@Controller('catalog')
export class CatalogController {
  constructor(
    private readonly catalog: Catalog,
    @InjectIngress(Stock) private readonly stock: IngressObjectClient<Stock>,
  ) {}

  @Get()
  list(): Listing[] {
    return this.catalog.products.map(listing);
  }

  @Get(':sku')
  async find(@Param('sku') sku: string): Promise<Listing & { stock: StockLevel }> {
    const product = this.catalog.product(sku);
    return { ...listing(product), stock: await this.stock.of(sku).call.level() };
  }
}

/** The catalogue's stock is where counting began; what is left now is the Stock object's to say. */
function listing({ sku, name, price, grams }: Product): Listing {
  return { sku, name, price, grams };
}
