import type { WebhookScheme } from '../webhook-scheme.js';

const PREFIX = 'sha256=';

/**
 * GitHub: `X-Hub-Signature-256: sha256=757107ea...`, an HMAC-SHA256 over the body, and `X-GitHub-Delivery`, its id.
 *
 * GitHub signs neither a time nor the id: who has recorded a delivery can send it again under another id, at any time.
 * Only TLS keeps it from being recorded.
 *
 * @see https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
 */
export function github(): WebhookScheme {
  return {
    name: 'github',
    key: (secret) => ({ algorithm: 'hmac-sha256', secret: Buffer.from(secret) }),
    read(header, body) {
      const signature = header('x-hub-signature-256');
      if (!signature?.startsWith(PREFIX)) return undefined;
      return {
        signatures: [{ algorithm: 'hmac-sha256', value: Buffer.from(signature.slice(PREFIX.length), 'hex') }],
        content: body,
        timestamp: undefined,
        id: () => header('x-github-delivery'),
      };
    },
  };
}
