import type { StandardSchemaV1 } from '@standard-schema/spec';

declare const PAYLOAD: unique symbol;

/** A named compensation, declared once: its name, the type and the schema of its payload. Made by {@link compensationKey}. */
export interface CompensationKey<P> {
  readonly name: string;
  readonly schema: StandardSchemaV1<unknown, P> | undefined;
  /** Type only: what the compensation is given. */
  readonly [PAYLOAD]?: P;
}

/**
 * Declares a named compensation, so that the compiler checks the payload on both sides: `@Compensation(key)` on the
 * method, `compensateWith(key, ...)` at the step.
 *
 * @param name what dead letters store; it outlives refactors, so keep it stable
 * @param options `schema`: checks payloads, also edited ones of a redrive
 *
 * @example
 * ```ts
 * export const releaseStock = compensationKey<{ orderId: string }>('release-stock');
 * ```
 */
export function compensationKey<P>(
  name: string,
  options: { readonly schema?: StandardSchemaV1<unknown, P> } = {},
): CompensationKey<P> {
  return { name, schema: options.schema };
}
