import { writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { RestateServer } from '@rea/server';
import { measureAlone } from './alone/measure-alone.js';
import { record } from './feed/record.js';
import { measureHeap } from './heap/measure-heap.js';
import { installPeer } from './install-peer.js';
import { FULL, QUICK } from './plan.js';
import type { Row } from './report/row.js';
import { aloneTable, heapTable, serverTable, startupTable } from './report/tables.js';
import { verdict } from './report/targets.js';
import { measureThroughServer } from './server/measure-through-server.js';
import { measureStartup } from './startup/measure-startup.js';
import { OBSERVED, type SubjectId } from './subjects/subject.js';

const STAGES = ['alone', 'server', 'startup', 'heap'];
const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    stages: { type: 'string', default: STAGES.join() },
  },
});
const stages = new Set(values.stages.split(','));
for (const stage of stages) {
  if (!STAGES.includes(stage)) throw new Error(`--stages takes some of ${STAGES.join()}, and not "${stage}".`);
}
const plan = values.quick ? QUICK : FULL;
const progress = (text: string) => console.error(`... ${text}`);
const load = () => loadavg()[0]!.toFixed(1);

console.log(`${availableParallelism()} cores, Node ${process.versions.node}, load ${load()} at the start`);
if (values.quick) console.log('--quick: a smoke test, the numbers mean little.');
const peer = installPeer();
if (!peer) console.log('nestjs-restate could not be installed and is left out.');

const rows: Row[] = [];
const show = <R extends Row>(title: string, measured: R[], tableOf: (rows: R[]) => string) => {
  rows.push(...measured);
  console.log(`\n${title}\n\n${tableOf(measured)}`);
};

const server = await RestateServer.start({ logFilter: 'error' });
let recordings;
try {
  progress('recording what the server sends');
  recordings = await record(server);

  if (stages.has('alone')) {
    progress('endpoints alone');
    const alone = await measureAlone({
      baseline: 'bare-nest',
      subjects: ['bare-again', 'rea-disabled', 'rea-warn', 'rea-warn-enhanced'],
      recordings,
      plan: plan.alone,
    });
    alone.push(
      ...(await measureAlone({
        baseline: 'rea-warn',
        subjects: OBSERVED,
        recordings,
        plan: plan.alone,
      })),
    );
    if (peer) {
      const subjects: SubjectId[] = ['nestjs-restate'];
      alone.push(...(await measureAlone({ baseline: 'nestjs-restate-bare', subjects, recordings, plan: plan.alone })));
    }
    show('Endpoints alone (these rows decide)', alone, aloneTable);
  }

  if (stages.has('server')) {
    const subjects: SubjectId[] = [
      'bare',
      'bare-again',
      'bare-nest',
      'rea-disabled',
      'rea-warn',
      'rea-warn-enhanced',
      ...OBSERVED,
    ];
    if (peer) subjects.push('nestjs-restate');
    show('Through the server', await measureThroughServer(server, subjects, plan.server, progress), serverTable);
  }
} finally {
  await server.stop();
}

if (stages.has('startup')) show('Start-up', await measureStartup(plan.startup, progress), startupTable);

if (stages.has('heap')) {
  progress('heap');
  const heap = [];
  for (const scope of ['singleton', 'request'] as const) {
    heap.push(await measureHeap({ scope, recordings, plan: plan.heap }));
  }
  show('Collected heap', heap, heapTable);
}

if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`);
const verdicts = rows.map((row) => verdict(row)).filter((one) => one !== undefined);
const misses = verdicts.filter((one) => one === 'MISS').length;
const met = verdicts.length === 0 ? 'No row has a target.' : 'All targets are met.';
console.log(`\n${misses === 0 ? met : `${misses} targets are missed.`} Load ${load()} at the end.`);
process.exitCode = misses === 0 ? 0 : 1;
