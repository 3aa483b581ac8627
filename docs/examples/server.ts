import { RestateCluster, RestateServer } from '@rea/server';

/** One server: registers an endpoint, crashes it, and starts it again on the same data. */
export async function oneServer(): Promise<void> {
  // #region server
  await using server = await RestateServer.start();

  await fetch(`${server.adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: 'http://127.0.0.1:9080' }),
  });
  await server.kill(); // as a crash would
  await server.restart(); // same data, same ports
  // #endregion server
}

/** A cluster that loses a node and gets it back. */
export async function cluster(): Promise<void> {
  // #region cluster
  await using nodes = await RestateCluster.start(); // three nodes, two copies of each record
  await nodes.kill(0);
  await nodes.ready(); // the other two have taken over
  await nodes.restart(0);
  // #endregion cluster
}
