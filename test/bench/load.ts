import { Agent, request } from 'node:http';
import { answerOf, INPUT, type Workload } from './workload.js';

const BODY = JSON.stringify(INPUT);

/**
 * Calls one handler through the ingress for a while, over a fixed number of connections, each at least once. Gives the
 * latencies, in ms.
 */
export async function load(
  url: (connection: number) => string,
  workload: Workload,
  connections: number,
  milliseconds: number,
): Promise<{ readonly latencies: number[]; readonly seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const expected = JSON.stringify(answerOf(workload));
  const latencies: number[] = [];
  const start = performance.now();
  const deadline = start + milliseconds;
  const run = async (address: string) => {
    do {
      const sent = performance.now();
      const answer = await post(address, agent);
      latencies.push(performance.now() - sent);
      if (answer !== expected) throw new Error(`${address} answered ${answer}, not ${expected}.`);
    } while (performance.now() < deadline);
  };
  try {
    await Promise.all(Array.from({ length: connections }, (_, connection) => run(url(connection))));
    return { latencies, seconds: (performance.now() - start) / 1_000 };
  } finally {
    agent.destroy();
  }
}

function post(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': BODY.length };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(response.statusCode === 200 ? text : `${response.statusCode} ${text}`));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(BODY);
  });
}
