/** Where everything is. */
export interface Addresses {
  readonly front: string;
  readonly ingress: string;
  readonly admin: string | undefined;
}

/** What a newcomer reads once the app is up: where everything is, and requests to copy. */
export function welcome({ front, ingress, admin }: Addresses, napId: string): string {
  const json = "-H 'content-type: application/json'";
  const order = (more: string) =>
    `curl -sS ${front}/orders ${json} -d '{"customer":"ada","card":"tok_visa","lines":[{"sku":"mug-enamel-blue","quantity":2}]${more}}'`;
  return `
The order app is up.

  Shop front   ${front}/catalog
  Health       ${front}/health
  Metrics      ${front}/metrics
  Restate UI   ${admin === undefined ? 'not configured' : `${admin}/ui/`}
  Ingress      ${ingress}

Order two mugs; the answer comes when they are paid and shipped:

${order('')}

Order two more that take a minute to pack. The order sleeps in Restate: stop the app, start it again, it goes on.

${order(`,"orderId":"${napId}","packSeconds":60`)}

See how it stands, list all orders, cancel it while it is being packed:

curl -sS ${front}/orders/${napId}
curl -sS ${front}/orders
curl -sS -X POST ${front}/orders/${napId}/cancel

Ctrl-C stops everything.
`;
}
