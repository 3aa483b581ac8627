// The endpoints alone, in one process, fed with recorded requests: pairs of batches, the baseline and a subject.
import { Feeder } from '../feed/feeder.js';
import { loadSubject } from '../subjects/load-subject.js';
import { median } from '../statistics.js';
import type { SubjectId } from '../subjects/subject.js';
import { scaled, type Workload, WORKLOADS } from '../workload.js';
import type { AlonePairs } from './alone-pairs.js';
import type { AloneTask } from './alone-task.js';

process.once('disconnect', () => process.exit());
process.once('message', (task: AloneTask) => {
  void measure(task).then((results) => process.send?.(results));
});
process.send?.('ready');

async function measure({ baseline, subjects, recordings, plan }: AloneTask): Promise<AlonePairs[]> {
  const open = async (id: SubjectId) => new Feeder((await (await loadSubject(id)).open(id)).server, id, recordings);
  const base = await open(baseline);
  const feeders: [SubjectId, Feeder][] = [];
  for (const subject of subjects) feeders.push([subject, await open(subject)]);
  for (const feeder of [base, ...feeders.map(([, one]) => one)]) {
    for (const workload of WORKLOADS) await feeder.invoke(workload, scaled(workload, plan.warmUp));
  }
  const results: AlonePairs[] = [];
  for (const workload of WORKLOADS) {
    const own = feeders.map(([subject, feeder]) => ({ subject, feeder, pairs: [] as AlonePairs['pairs'][number][] }));
    for (let pair = 0; pair < plan.pairs; pair += 1) {
      for (const { feeder, pairs } of own) pairs.push(await measurePair(base, feeder, workload, plan));
    }
    results.push(...own.map(({ subject, pairs }) => ({ workload, subject, pairs })));
  }
  return results;
}

/**
 * Both sides in small batches, in turn, so that what drifts meets both. The median batch of each side, in microseconds
 * of wall-clock time per invocation: one that another process interrupted, or a collection of garbage, does not count.
 * CPU clocks tick too slowly for batches this small.
 */
async function measurePair(base: Feeder, own: Feeder, workload: Workload, { batches, batch }: AloneTask['plan']) {
  const times = { base: [] as number[], own: [] as number[] };
  const size = scaled(workload, batch);
  const sides = [['base', base] as const, ['own', own] as const];
  for (let count = 0; count < batches; count += 1) {
    for (const [side, feeder] of count % 2 === 0 ? sides : sides.toReversed()) {
      const start = performance.now();
      await feeder.invoke(workload, size);
      times[side].push(((performance.now() - start) / size) * 1_000);
    }
  }
  return { base: median(times.base), own: median(times.own) };
}
