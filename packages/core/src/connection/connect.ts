import { resolve } from 'node:path';
import { Logger } from '@nestjs/common';
import type { EmbeddedServerOptions, ReaModuleOptions } from '../rea.options.js';
import { EmbeddedServerStoppedError } from './connection.errors.js';
import { RestateConnection } from './restate-connection.js';
import { ServerLog } from './server-log.js';
import { loadServerPackage } from './server-package.js';

/** What is needed of a `RestateServer`. Its own type is in a package that an application need not have. */
interface RunningServer {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  stop(): Promise<void>;
}

const IDENTITY_KEY_VARIABLE = 'RESTATE_WORKER__INVOKER__REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE';

/** A server that runs elsewhere. */
class ExternalConnection extends RestateConnection {
  constructor(
    readonly ingressUrl: string,
    readonly adminUrl: string | undefined,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    super();
  }
}

/** A server that this process started. */
export class EmbeddedConnection extends RestateConnection {
  readonly headers = {};

  constructor(
    private readonly server: RunningServer,
    /** The port of this application's own endpoint, remembered with the server's data. */
    readonly endpointPort: number,
    /** The public key of the server's signatures; undefined when its settings name a key of the user's own. */
    readonly identityKey: string | undefined,
  ) {
    super();
  }

  get ingressUrl(): string {
    return this.server.ingressUrl;
  }

  get adminUrl(): string {
    return this.server.adminUrl;
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/**
 * Connects to the server that the options name; starts it when it is embedded.
 *
 * @throws EmbeddedServerMissingError when `@rea/server` is not installed; its own errors when the server does not start
 */
export function connect({ server }: ReaModuleOptions): Promise<RestateConnection> {
  if (server === 'embedded') return startEmbedded({ embedded: true });
  if ('embedded' in server) return startEmbedded(server);
  return Promise.resolve(
    new ExternalConnection(
      trimmed(server.ingressUrl),
      server.adminUrl && trimmed(server.adminUrl),
      server.headers ?? {},
    ),
  );
}

async function startEmbedded(options: EmbeddedServerOptions): Promise<EmbeddedConnection> {
  const logger = new Logger('Restate');
  const log = new ServerLog(logger);
  const { createIdentityKey, loadOrCreateIdentityKey, RestateServer, stablePorts } = await loadServerPackage();
  const { dataDirectory = '.rea', ingressPort, adminPort, env } = options;
  // So that this application's endpoint can tell its own server from everybody else on the machine.
  const identityKey = env?.[IDENTITY_KEY_VARIABLE]
    ? undefined
    : await (dataDirectory === false
        ? createIdentityKey()
        : loadOrCreateIdentityKey(resolve(dataDirectory, 'endpoint-identity-key.pem')));
  const server = await RestateServer.start({
    ...(dataDirectory === false ? {} : { baseDir: dataDirectory }),
    identityKey,
    ingressPort,
    adminPort,
    env,
    onProgress: (message) => logger.log(message),
    logFile: true,
    onLog: (line) => log.add(line),
    onUnexpectedExit: (exit) => logger.error(new EmbeddedServerStoppedError(exit, server.logFile).message),
  });
  logger.log(`Ingress ${server.ingressUrl}, admin API ${server.adminUrl}, UI ${server.adminUrl}/ui`);
  const { endpoint } = await stablePorts(server.baseDir, ['endpoint']).catch(async (error: unknown) => {
    await server.stop();
    throw error;
  });
  return new EmbeddedConnection(server, endpoint, identityKey?.publicKey);
}

/** Paths are joined to URLs with a slash of their own. */
function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
