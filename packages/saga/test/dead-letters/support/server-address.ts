import { SHARED_SERVER_VARIABLE } from '@rea/testing';

/** Where the run's server is. */
export function serverAddress(): { readonly ingressUrl: string; readonly adminUrl: string } {
  return JSON.parse(process.env[SHARED_SERVER_VARIABLE]!);
}
