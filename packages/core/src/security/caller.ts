import type { AddressList } from './address-list.js';
import type { InboundRequest } from './inbound-request.js';

/**
 * The address of a request's caller. It is the connection's, unless that is a trusted proxy's: then the last one in
 * `X-Forwarded-For` that is not. What stands before it could be the caller's own invention.
 */
export function callerAddress(request: InboundRequest, proxies: AddressList): string | undefined {
  let address = request.peer;
  const hops = listIn(request.header('x-forwarded-for'));
  while (hops.length > 0 && proxies.includes(address)) address = hops.pop();
  return address;
}

/** Whether a request came over HTTPS all the way, as far as trusted proxies tell. */
export function cameOverHttps(request: InboundRequest, proxies: AddressList): boolean {
  if (!proxies.includes(request.peer)) return request.encrypted;
  const protocols = listIn(request.header('x-forwarded-proto'));
  return protocols.length > 0 && protocols.every((protocol) => protocol.toLowerCase() === 'https');
}

function listIn(header: string | undefined): string[] {
  return header === undefined ? [] : header.split(',').map((item) => item.trim());
}
