/** One thing that is wrong with an input. */
export interface FieldDetail {
  /** Where, as a dotted path such as `lines.0.sku`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}
