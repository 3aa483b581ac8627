import type { KeyObject } from 'node:crypto';

/** A key that a provider's secret stands for. */
export type WebhookKey =
  | { readonly algorithm: 'hmac-sha256'; readonly secret: Uint8Array }
  | { readonly algorithm: 'ed25519'; readonly publicKey: KeyObject };

/** One of a delivery's signatures. While a provider rotates its keys it sends several. */
export interface WebhookSignature {
  readonly algorithm: WebhookKey['algorithm'];
  readonly value: Uint8Array;
}

/** What a delivery says of itself. Nothing of it is true before a signature has been verified. */
export interface UnverifiedDelivery {
  readonly signatures: readonly WebhookSignature[];
  /** The bytes that are signed. */
  readonly content: Uint8Array;
  /** When it was signed, in seconds since 1970; undefined when the provider does not say. */
  readonly timestamp: number | undefined;
  /** The delivery's id, the same when the provider sends it again; undefined when it has none. Called once verified. */
  id(): string | undefined;
}

/** Headers of a request, by lower-case name. */
export type WebhookHeaders = (name: string) => string | undefined;

/** How a provider signs: the presets are {@link stripe}, {@link github} and {@link standardWebhooks}. */
export interface WebhookScheme {
  /** For messages and events, for example `stripe`. */
  readonly name: string;
  /** Finds the signatures and what they sign; undefined when the request is not signed in this way. */
  read(header: WebhookHeaders, body: Buffer): UnverifiedDelivery | undefined;
  /** The key of a secret, in the form in which the provider shows it; undefined when it has not that form. */
  key(secret: string): WebhookKey | undefined;
}
