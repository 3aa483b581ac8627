import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createEndpointHandler, service } from '@restatedev/restate-sdk';
import { RestateServer } from '@rea/server';
import { register } from '../server/register.js';
import { spread } from '../statistics.js';
import { byFetch, byHttp1, byHttp2 } from './candidates.js';
import type { Candidate } from './candidate.js';

/**
 * Compares ways to reach the ingress: the same calls, in turns of a fraction of a second, as a ratio to `fetch`. A second
 * `fetch` shows how far the ratios can be believed.
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, calls: { type: 'string', default: '256' } },
});
const rounds = Number(values.rounds);
const calls = Number(values.calls);

const echo = service({ name: 'Echo', handlers: { say: async (_ctx: unknown, text: string) => text } });
const endpoint = createServer(createEndpointHandler({ services: [echo], logger: () => {} })).listen(0, '127.0.0.1');
const server = await RestateServer.start({ logFilter: 'error' });
try {
  await register(server, (endpoint.address() as AddressInfo).port);
  const url = server.ingressUrl;
  const candidates = [byFetch(url), byFetch(url, 'fetch again'), byHttp1(url), byHttp2(url)];
  for (const inFlight of [1, 32, 256]) {
    const turns = new Map(candidates.map(({ name }) => [name, [] as Turn[]]));
    const count = inFlight === 1 ? calls / 4 : calls;
    for (const candidate of candidates) await turn(candidate, inFlight, calls);
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < candidates.length; i += 1) {
        const candidate = candidates[(i + round) % candidates.length]!;
        turns.get(candidate.name)!.push(await turn(candidate, inFlight, count));
      }
    }
    const baseline = turns.get('fetch')!;
    for (const [name, taken] of turns) {
      const ratio = (of: keyof Turn) => {
        const { median, from, to } = spread(taken.map((one, round) => one[of] / baseline[round]![of]));
        return `${median.toFixed(2)} (${from.toFixed(2)}..${to.toFixed(2)})`;
      };
      console.log(
        `${String(inFlight).padStart(3)} in flight  ${name.padEnd(12)} time ${ratio('time')}  CPU ${ratio('cpu')}`,
      );
    }
  }
  for (const candidate of candidates) candidate.close();
  console.log(`load ${loadavg()[0]!.toFixed(1)} at the end`);
} finally {
  await server.stop();
  endpoint.close();
}

/** What a turn took, in milliseconds: by the clock, and of the CPU, which other programs on the machine stretch less. */
interface Turn {
  readonly time: number;
  /** Of this process: the client's and, the same for all candidates, the endpoint's. */
  readonly cpu: number;
}

async function turn(candidate: Candidate, inFlight: number, count: number): Promise<Turn> {
  let left = count;
  const began = performance.now();
  const used = process.cpuUsage();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while ((left -= 1) >= 0) {
        const answer = await candidate.send('/Echo/say', '"hello"');
        if (answer !== '"hello"') throw new Error(`Wrong answer: ${answer}`);
      }
    }),
  );
  const { user, system } = process.cpuUsage(used);
  return { time: performance.now() - began, cpu: (user + system) / 1_000 };
}
