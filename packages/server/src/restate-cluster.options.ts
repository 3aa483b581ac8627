import type { RestateServerOptions } from './restate-server.options.js';
import type { ServerExit } from './supervised-process.js';

type OfOneServer = 'ingressPort' | 'adminPort' | 'nodePort' | 'onLog' | 'onUnexpectedExit';

/** Options of {@link RestateCluster.start}: those of a server, which hold for each node, and those of the cluster. */
export interface RestateClusterOptions extends Omit<RestateServerOptions, OfOneServer> {
  /** Number of nodes. Default 3, the least that survives the loss of one. */
  readonly nodes?: number | undefined;
  /** On how many nodes each record of the log is kept. Only the first start on a directory heeds it. Default 2. */
  readonly replication?: number | undefined;
  /** Where the data lives, a folder for each node. Default: temporary directories that `stop()` removes. */
  readonly baseDir?: string | undefined;
  /** Told each line that a node logs, and the node's index. */
  readonly onLog?: ((line: string, node: number) => void) | undefined;
  /** Told when a ready node ends that nobody asked to, and its index. */
  readonly onUnexpectedExit?: ((exit: ServerExit, node: number) => void) | undefined;
}
