import { Child } from '../child.js';
import { median, spread } from '../statistics.js';
import type { AlonePairs } from './alone-pairs.js';
import type { AloneRow } from './alone-row.js';
import type { AloneTask } from './alone-task.js';

/** Measures endpoints without a server, in several fresh processes. */
export async function measureAlone(task: AloneTask): Promise<AloneRow[]> {
  const measured: AlonePairs[][] = [];
  for (let run = 0; run < task.plan.processes; run += 1) measured.push(await measureOnce(task));
  return measured[0]!.map(({ workload, subject }, index) => {
    const pairs = measured.flatMap((process) => process[index]!.pairs);
    return {
      stage: 'alone',
      workload,
      subject,
      pairs: pairs.length,
      baseline: median(pairs.map(({ base }) => base)),
      time: median(pairs.map(({ own }) => own)),
      ratio: spread(pairs.map(({ base, own }) => own / base)),
    };
  });
}

async function measureOnce(task: AloneTask): Promise<AlonePairs[]> {
  await using child = new Child(new URL('alone-process.js', import.meta.url), [task.baseline]);
  await child.answer();
  return await child.ask<AlonePairs[]>(task);
}
