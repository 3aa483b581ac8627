import { hostname } from 'node:os';
import type { RestateConnection } from './restate-connection.js';

/** This host as the Restate server sees it: beside it on a laptop, by name elsewhere. */
export function ownHost({ adminUrl }: RestateConnection): string {
  const local = adminUrl !== undefined && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(adminUrl).hostname);
  return local ? '127.0.0.1' : hostname();
}
