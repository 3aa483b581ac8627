import type { ApiKey } from '../access/api-key.schema.js';
import { isDevelopmentKey } from '../access/development-keys.js';

/** Where everything is. */
export interface Addresses {
  readonly front: string;
  readonly ingress: string;
  readonly admin: string | undefined;
}

/** Keys for the lines to copy. */
export interface ShownKeys {
  readonly customer: ApiKey;
  readonly operator: ApiKey;
}

/** What a newcomer reads once the app is up: where everything is, and requests to copy. */
export function welcome(
  { front, ingress, admin }: Addresses,
  { customer, operator }: ShownKeys,
  napId: string,
): string {
  const json = "-H 'content-type: application/json'";
  const customerKey = shown('customer', customer);
  const operatorKey = shown('operator', operator);
  const asCustomer = `-H "authorization: Bearer ${customerKey}"`;
  const asOperator = `-H "authorization: Bearer ${operatorKey}"`;
  const order = (card: string, more = '') =>
    `curl -sS ${front}/orders ${asCustomer} ${json} -d '{"customer":"${customer.name}","card":"${card}","lines":[{"sku":"mug-enamel-blue","quantity":2}]${more}}'`;
  return `
The order app is up.

  Shop front   ${front}/catalog
  Health       ${front}/health
  Metrics      ${front}/metrics
  API keys     ${customerKey} (customer ${customer.name}), ${operatorKey} (operator ${operator.name})
  Restate UI   ${admin === undefined ? 'not configured' : `${admin}/ui/`}
  Ingress      ${ingress}

Order two mugs; the answer comes when they are paid and shipped:

${order('tok_visa')}

Order two more that take a minute to pack. The order sleeps in Restate: stop the app, start it again, it goes on.

${order('tok_visa', `,"orderId":"${napId}","packSeconds":60`)}

See how it stands, cancel it while it is being packed; as an operator, list all orders and what could not be taken back:

curl -sS ${front}/orders/${napId} ${asCustomer}
curl -sS -X POST ${front}/orders/${napId}/cancel ${asCustomer}
curl -sS ${front}/orders ${asOperator}
curl -sS '${front}/operators/dead-letters?status=open' ${asOperator}

With this card the customer's bank asks first. Play the customer, and the payment provider's signed webhook lets the order
go on ({"accepted":false} ends it):

${order('tok_confirm', `,"orderId":"${napId}-confirm"`)}
curl -sS ${front}/payments/${napId}-confirm/confirm ${asOperator} ${json} -d '{"accepted":true}'

Ctrl-C stops everything.
`;
}

/** Keys of somebody's own are not printed: who has them puts them into a variable of the shell. */
function shown(role: keyof ShownKeys, { key }: ApiKey): string {
  return isDevelopmentKey(key) ? key : `$${role.toUpperCase()}_KEY`;
}
