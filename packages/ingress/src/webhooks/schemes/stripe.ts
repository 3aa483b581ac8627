import type { WebhookScheme } from '../webhook-scheme.js';

/**
 * Stripe, and who signs alike: `Stripe-Signature: t=1492774577,v1=5257a8...`, an HMAC-SHA256 over time and body. The
 * delivery's id is the event's (`evt_...`), in the body.
 *
 * Secrets: `whsec_...`, as the dashboard shows them.
 *
 * @see https://docs.stripe.com/webhooks#verify-manually
 */
export function stripe(): WebhookScheme {
  return {
    name: 'stripe',
    key: (secret) => ({ algorithm: 'hmac-sha256', secret: Buffer.from(secret) }),
    read(header, body) {
      const items = (header('stripe-signature') ?? '').split(',').map((item) => item.trim().split('='));
      const time = items.find(([name]) => name === 't')?.[1];
      const values = items.filter(([name]) => name === 'v1').map(([, value = '']) => value);
      if (time === undefined || !/^\d{1,12}$/.test(time) || values.length === 0) return undefined;
      return {
        signatures: values.map((value) => ({ algorithm: 'hmac-sha256', value: Buffer.from(value, 'hex') })),
        content: Buffer.concat([Buffer.from(`${time}.`), body]),
        timestamp: Number(time),
        id: () => idIn(body),
      };
    },
  };
}

function idIn(body: Buffer): string | undefined {
  try {
    const event: unknown = JSON.parse(body.toString());
    const id = typeof event === 'object' && event !== null && 'id' in event ? event.id : undefined;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
