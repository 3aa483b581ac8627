import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { createEndpointHandler, service } from '@restatedev/restate-sdk';
import { RestateServer } from '@rea/server';
import { register } from '../server/register.js';
import { spread } from '../statistics.js';
import { byFetch, byHttp2, byRea } from './candidates.js';
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
  const candidates = [byFetch(url), byFetch(url, 'fetch again'), byRea(url), byHttp2(url)];
  for (const [inFlight, length] of [
    [1, 5],
    [1, 4_000],
    [32, 5],
    [32, 4_000],
    [256, 5],
  ] as const) {
    const turns = new Map(candidates.map(({ name }) => [name, [] as Turn[]]));
    const count = inFlight === 1 ? calls / 4 : calls;
    const body = JSON.stringify('x'.repeat(length));
    for (const candidate of candidates) await turn(candidate, inFlight, calls, body);
    for (let round = 0; round < rounds; round += 1) {
      for (let i = 0; i < candidates.length; i += 1) {
        const candidate = candidates[(i + round) % candidates.length]!;
        turns.get(candidate.name)!.push(await turn(candidate, inFlight, count, body));
      }
    }
    const baseline = turns.get('fetch')!;
    for (const [name, taken] of turns) {
      const { median, from, to } = spread(taken.map(({ cpu }, round) => cpu / baseline[round]!.cpu));
      const times = taken.flatMap((one) => one.times).toSorted((a, b) => a - b);
      const within = (share: number) => `${times[Math.floor(times.length * share)]!.toFixed(1)} ms`.padStart(8);
      console.log(
        `${String(inFlight).padStart(3)} in flight, ${String(body.length).padStart(4)} bytes  ${name.padEnd(12)} CPU ${median.toFixed(2)} (${from.toFixed(2)}..${to.toFixed(2)})  p50 ${within(0.5)}  p90 ${within(0.9)}  p99 ${within(0.99)}`,
      );
    }
  }
  for (const candidate of candidates) candidate.close();
  console.log(`load ${loadavg()[0]!.toFixed(1)} at the end`);
} finally {
  await server.stop();
  endpoint.close();
}

/** What a turn took, in milliseconds. */
interface Turn {
  /** Of each call, by the clock. */
  readonly times: readonly number[];
  /** Of this process: the client's and, the same for all candidates, the endpoint's. */
  readonly cpu: number;
}

async function turn(candidate: Candidate, inFlight: number, count: number, body: string): Promise<Turn> {
  let left = count;
  const times: number[] = [];
  const used = process.cpuUsage();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while ((left -= 1) >= 0) {
        const began = performance.now();
        const answer = await candidate.send('/Echo/say', body);
        if (answer !== body) throw new Error(`Wrong answer: ${answer}`);
        times.push(performance.now() - began);
      }
    }),
  );
  const { user, system } = process.cpuUsage(used);
  return { times, cpu: (user + system) / 1_000 };
}
