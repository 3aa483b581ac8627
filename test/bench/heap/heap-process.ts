// Invokes handlers of one application very often and tells how its collected heap has grown.
import { setImmediate } from 'node:timers/promises';
import { type Provider, Scope } from '@nestjs/common';
import { Feeder } from '../feed/feeder.js';
import { openRea } from '../subjects/rea-endpoint.js';
import { WorkloadService } from '../subjects/workload.service.js';
import type { Workload } from '../workload.js';
import type { HeapRow } from './heap-row.js';
import type { HeapTask } from './heap-task.js';

const WORKLOADS: readonly Workload[] = ['greet', 'steps'];

process.once('disconnect', () => process.exit());
process.once('message', (task: HeapTask) => {
  void measure(task).then((row) => process.send?.(row));
});
process.send?.('ready');

async function measure({ scope, recordings, plan }: HeapTask): Promise<HeapRow> {
  const provider: Provider = {
    provide: WorkloadService,
    useClass: WorkloadService,
    scope: scope === 'request' ? Scope.REQUEST : Scope.DEFAULT,
  };
  const { server } = await openRea('rea-warn', 'warn', [provider]);
  const feeder = new Feeder(server, 'rea-warn', recordings);
  const invoke = async (times: number) => {
    for (const workload of WORKLOADS) await feeder.invoke(workload, times / WORKLOADS.length);
  };
  await invoke(plan.warmUp);
  const before = await collectedHeap();
  await invoke(plan.invocations);
  const after = await collectedHeap();
  return { stage: 'heap', scope, invocations: plan.invocations, before, after, growth: after / before - 1 };
}

/** In bytes. Finalizers run in later turns of the event loop, and free more. */
async function collectedHeap(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    global.gc?.();
    await setImmediate();
  }
  return process.memoryUsage().heapUsed;
}
