import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import type { OrderLine, PricedLine } from '../common/order-line.schema.js';
import { PRODUCTS } from './catalog.data.js';
import type { Product } from './product.js';

/** What the shop sells, and for how much. */
@Injectable()
export class Catalog {
  readonly products = PRODUCTS;
  private readonly bySku = new Map(PRODUCTS.map((product) => [product.sku, product]));

  /** @throws NotFoundException when the shop does not sell it */
  product(sku: string): Product {
    const product = this.bySku.get(sku);
    if (!product)
      throw new NotFoundException(`The shop sells nothing with the SKU "${sku}". GET /catalog lists everything.`);
    return product;
  }

  /** @throws BadRequestException naming the field, when a line asks for something the shop does not sell */
  check(lines: readonly OrderLine[], path = 'lines'): void {
    const details = lines.flatMap(({ sku }, index) =>
      this.bySku.has(sku)
        ? []
        : [{ path: `${path}.${index}.sku`, message: `The shop sells nothing with the SKU "${sku}"` }],
    );
    if (details.length > 0) throw new BadRequestException({ statusCode: 400, message: 'Unknown products', details });
  }

  /** Puts today's names and prices on lines. @throws NotFoundException when the shop does not sell one of them */
  price(lines: readonly OrderLine[]): PricedLine[] {
    return lines.map(({ sku, quantity }) => {
      const { name, price } = this.product(sku);
      return { sku, name, quantity, price };
    });
  }

  /** The weight of a parcel in grams. @throws NotFoundException when the shop does not sell one of them */
  weigh(lines: readonly OrderLine[]): number {
    return lines.reduce((grams, { sku, quantity }) => grams + this.product(sku).grams * quantity, 0);
  }
}
