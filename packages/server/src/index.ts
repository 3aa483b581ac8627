/**
 * The real Restate server as a child process, for laptops, tests and demos.
 *
 * @example
 * import { RestateServer } from '@rea/server';
 *
 * await using server = await RestateServer.start();
 * console.log(server.ingressUrl, server.adminUrl);
 *
 * @packageDocumentation
 */
export { restateBinaryPath } from './binary.js';
export { DataDirectoryLock, type DataDirectoryLockOptions } from './data-directory-lock.js';
export {
  BinaryNotFoundError,
  DataDirectoryInUseError,
  IdentityKeyError,
  InvalidOptionsError,
  PortInUseError,
  QueryError,
  RestateServerError,
  ServerNotRunningError,
  ServerReadyTimeoutError,
  ServerStartError,
  UnsupportedPlatformError,
  type RestateServerErrorCode,
} from './errors.js';
export { createIdentityKey, loadIdentityKey, loadOrCreateIdentityKey, type IdentityKey } from './identity-key.js';
export { RestateCluster } from './restate-cluster.js';
export type { RestateClusterOptions } from './restate-cluster.options.js';
export { RestateServer } from './restate-server.js';
export type {
  RestateServerOptions,
  RestateServerRestartOptions,
  RestateServerStopOptions,
} from './restate-server.options.js';
export { stablePorts, type StablePortsOptions } from './stable-ports.js';
export type { ServerExit } from './supervised-process.js';
