import type { RestateServer } from '@rea/server';
import { Child } from '../child.js';
import { load } from '../load.js';
import type { Plan } from '../plan.js';
import { median, quantile, spread } from '../statistics.js';
import { OBSERVED, type SubjectId } from '../subjects/subject.js';
import { ingressPath, type Workload, WORKLOADS } from '../workload.js';
import type { EndpointAnswer } from './endpoint-answer.js';
import { register } from './register.js';
import type { ServerRow } from './server-row.js';

interface Slot {
  readonly requestsPerSecond: number;
  readonly latencies: readonly number[];
  readonly cpu: number;
}

/** All subjects on one server, in turn; every round begins with another one, so that none is always first. */
export async function measureThroughServer(
  server: RestateServer,
  subjects: readonly SubjectId[],
  plan: Plan['server'],
  progress: (text: string) => void,
): Promise<ServerRow[]> {
  await using children = new AsyncDisposableStack();
  const endpoints = new Map<SubjectId, Child>();
  for (const subject of subjects) {
    const child = children.use(new Child(new URL('endpoint-process.js', import.meta.url), [subject]));
    endpoints.set(subject, child);
    const ready = await child.answer<EndpointAnswer>();
    if (ready.type !== 'ready') throw new Error(`${subject} did not say that it is ready.`);
    await register(server, ready.port);
    for (const workload of WORKLOADS) {
      await load(urlOf(server, subject, workload), workload, 50, plan.warmUp);
    }
  }

  const rows: ServerRow[] = [];
  const slots = new Map<string, Slot[]>();
  for (let round = 0; round < plan.rounds; round += 1) {
    progress(`through the server, round ${round + 1} of ${plan.rounds}`);
    for (const workload of WORKLOADS) {
      for (const connections of plan.connections) {
        for (let turn = 0; turn < subjects.length; turn += 1) {
          const subject = subjects[(turn + round) % subjects.length]!;
          const slot = await measure(server, endpoints.get(subject)!, subject, workload, connections, plan.slot);
          const key = keyOf(workload, connections, subject);
          slots.set(key, [...(slots.get(key) ?? []), slot]);
        }
      }
    }
  }

  for (const workload of WORKLOADS) {
    for (const connections of plan.connections) {
      const slotsOf = (subject: SubjectId) => slots.get(keyOf(workload, connections, subject))!;
      for (const subject of subjects) {
        const baseline = OBSERVED.includes(subject) ? 'rea-warn' : 'bare-nest';
        const compared = summary(slotsOf(subject), slotsOf(baseline));
        rows.push({ stage: 'server', workload, connections, subject, baseline, ...compared });
      }
    }
  }
  return rows;
}

async function measure(
  server: RestateServer,
  endpoint: Child,
  subject: SubjectId,
  workload: Workload,
  connections: number,
  milliseconds: number,
): Promise<Slot> {
  const before = await cpuOf(endpoint);
  const { latencies, seconds } = await load(urlOf(server, subject, workload), workload, connections, milliseconds);
  const cpu = ((await cpuOf(endpoint)) - before) / latencies.length;
  return { requestsPerSecond: latencies.length / seconds, latencies, cpu };
}

/** Each connection has an object of its own: one object takes one invocation at a time. */
function urlOf(server: RestateServer, subject: SubjectId, workload: Workload): (connection: number) => string {
  return (connection) => server.ingressUrl + ingressPath(subject, workload, connection);
}

async function cpuOf(endpoint: Child): Promise<number> {
  const answer = await endpoint.ask<EndpointAnswer>({});
  if (answer.type !== 'cpu') throw new Error('The endpoint did not tell its CPU time.');
  return answer.milliseconds;
}

function summary(slots: readonly Slot[], baseline: readonly Slot[]) {
  const ratios = (value: (slot: Slot) => number) =>
    spread(slots.map((slot, round) => value(slot) / value(baseline[round]!)));
  return {
    requestsPerSecond: median(slots.map((slot) => slot.requestsPerSecond)),
    p50: median(slots.map(({ latencies }) => median(latencies))),
    p99: quantile(
      slots.flatMap(({ latencies }) => latencies),
      0.99,
    ),
    cpu: median(slots.map(({ cpu }) => cpu)),
    cpuRatio: ratios(({ cpu }) => cpu),
    throughputRatio: ratios((slot) => slot.requestsPerSecond),
  };
}

function keyOf(workload: Workload, connections: number, subject: SubjectId): string {
  return `${workload} ${connections} ${subject}`;
}
