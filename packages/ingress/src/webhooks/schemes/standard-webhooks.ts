import { createPublicKey, type KeyObject } from 'node:crypto';
import type { WebhookKey, WebhookScheme, WebhookSignature } from '../webhook-scheme.js';

const ED25519_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** By the version in front of a signature. */
const ALGORITHMS: Readonly<Record<string, WebhookKey['algorithm']>> = { v1: 'hmac-sha256', v1a: 'ed25519' };

/**
 * Standard Webhooks (Svix, OpenAI, Anthropic, Supabase and others): `webhook-id`, `webhook-timestamp`, and
 * `webhook-signature` with HMAC-SHA256 (`v1,`) or Ed25519 (`v1a,`) over id, time and body.
 *
 * Secrets: `whsec_` and base64 for HMAC, `whpk_` and base64 for the public key of Ed25519.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function standardWebhooks(): WebhookScheme {
  return {
    name: 'standard-webhooks',
    key: keyOf,
    read(header, body) {
      const [id, time, list] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(header);
      if (!id || !time || !/^\d{1,12}$/.test(time) || !list) return undefined;
      return {
        signatures: list.split(' ').flatMap(signatureOf),
        content: Buffer.concat([Buffer.from(`${id}.${time}.`), body]),
        timestamp: Number(time),
        id: () => id,
      };
    },
  };
}

function keyOf(secret: string): WebhookKey | undefined {
  const [prefix, text = ''] = secret.split(/_(.*)/s);
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (prefix === 'whsec') return { algorithm: 'hmac-sha256', secret: bytes };
  if (prefix !== 'whpk' || bytes.length !== ED25519_BYTES) return undefined;
  return { algorithm: 'ed25519', publicKey: publicKeyOf(bytes) };
}

function publicKeyOf(bytes: Buffer): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
}

function signatureOf(item: string): WebhookSignature[] {
  const [version = '', value = ''] = item.split(',');
  const algorithm = Object.hasOwn(ALGORITHMS, version) ? ALGORITHMS[version] : undefined;
  return algorithm ? [{ algorithm, value: Buffer.from(value, 'base64') }] : [];
}
