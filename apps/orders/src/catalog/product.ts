/** Something the shop sells. */
export interface Product {
  readonly sku: string;
  readonly name: string;
  /** In cents. */
  readonly price: number;
  /** Pieces on the shelf before the first order ever. */
  readonly stock: number;
  /** Weight in grams. */
  readonly grams: number;
}
