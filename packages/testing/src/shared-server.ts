import { RestateServer, type RestateServerOptions } from '@rea/server';

/** Where a server that tests share is. */
export interface ServerAddress {
  readonly ingressUrl: string;
  readonly adminUrl: string;
}

/** Set by a test runner's global setup: the JSON of a {@link ServerAddress}. */
export const SHARED_SERVER_VARIABLE = 'REA_TEST_SERVER';

let own: Promise<RestateServer> | undefined;

/**
 * The server of this test run: the one that the global setup has started, or one of this process, which ends with it.
 */
export async function sharedServer(): Promise<ServerAddress> {
  const address = process.env[SHARED_SERVER_VARIABLE];
  if (address) return JSON.parse(address) as ServerAddress;
  own ??= startOwn();
  return own;
}

/** A test runner may wait for the process to end by itself, and nobody stops this server. */
async function startOwn(): Promise<RestateServer> {
  const server = await RestateServer.start();
  server.unref();
  return server;
}

/** Starts a server for all test files of a run; gives the function that stops it. For a runner's global setup. */
export async function startSharedServer(options: RestateServerOptions = {}): Promise<() => Promise<void>> {
  const server = await RestateServer.start(options);
  const { ingressUrl, adminUrl } = server;
  process.env[SHARED_SERVER_VARIABLE] = JSON.stringify({ ingressUrl, adminUrl });
  return async () => {
    delete process.env[SHARED_SERVER_VARIABLE];
    await server.stop();
  };
}
