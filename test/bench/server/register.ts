import type { RestateServer } from '@rea/server';

/** Makes an endpoint on a loopback port known to the server. */
export async function register(server: RestateServer, port: number): Promise<void> {
  const response = await fetch(`${server.adminUrl}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}` }),
  });
  if (!response.ok) throw new Error(`Registering port ${port} failed: ${response.status} ${await response.text()}`);
}
