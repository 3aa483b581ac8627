import type { IncomingHttpHeaders, Http2ServerRequest } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { RestateServer } from '@rea/server';
import { load } from '../load.js';
import { register } from '../server/register.js';
import { open } from '../subjects/bare.subject.js';
import { endpointPath, ingressPath, type Workload, WORKLOADS } from '../workload.js';
import { splitInput } from './frames.js';
import type { Recording } from './recording.js';

/** Records what the server sends for an invocation of each workload. */
export async function record(server: RestateServer): Promise<Record<Workload, Recording>> {
  const endpoint = await open('bare');
  const [handle] = endpoint.server.listeners('request') as [(request: unknown, response: unknown) => void];
  endpoint.server.removeAllListeners('request');
  const recorded: { path: string; headers: IncomingHttpHeaders; chunks: Buffer[] }[] = [];
  endpoint.server.on('request', (request: Http2ServerRequest, response) => {
    const chunks: Buffer[] = [];
    recorded.push({ path: request.url, headers: { ...request.headers }, chunks });
    handle(
      {
        url: request.url,
        headers: request.headers,
        httpVersionMajor: request.httpVersionMajor,
        once: request.once.bind(request),
        async *[Symbol.asyncIterator]() {
          for await (const chunk of request as AsyncIterable<Buffer>) {
            chunks.push(chunk);
            yield chunk;
          }
        },
      },
      response,
    );
  });
  await register(server, (endpoint.server.address() as AddressInfo).port);
  const recordingOf = async (workload: Workload): Promise<Recording> => {
    const path = endpointPath('bare', workload);
    const url = () => server.ingressUrl + ingressPath('bare', workload, 0);
    // The second invocation finds the state that the first has written.
    for (let count = 0; count < 2; count += 1) await load(url, workload, 1, 0);
    const found = recorded.findLast((one) => one.path === path);
    if (!found) throw new Error(`The server did not call ${path}.`);
    const { opening, acknowledgements } = splitInput(Buffer.concat(found.chunks));
    return {
      headers: found.headers,
      opening: opening.toString('base64'),
      acknowledgements: acknowledgements.map((frame) => frame.toString('base64')),
    };
  };
  try {
    const recordings = {} as Record<Workload, Recording>;
    for (const workload of WORKLOADS) recordings[workload] = await recordingOf(workload);
    return recordings;
  } finally {
    // Its connections end with the Restate server, which keeps them.
    void endpoint.close();
  }
}
