const BRAND = Symbol.for('@rea/core.error');

/**
 * Base of every error that Rea throws outside a handler: at start-up, on registration, by a misused client.
 *
 * The message says what happened, why, and how to fix it; {@link code} is stable across releases and listed in
 * `docs/errors.md`. `instanceof` also works across two copies of the package.
 */
export abstract class ReaError extends Error {
  /** Stable identifier, for example `REA1003`. */
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    Object.defineProperty(this, BRAND, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== ReaError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
