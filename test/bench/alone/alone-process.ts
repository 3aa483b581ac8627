// The endpoints alone, in one process, fed with recorded requests: pairs of batches, the baseline and a subject.
import { Feeder } from '../feed/feeder.js';
import { loadSubject } from '../subjects/load-subject.js';
import { median, spread } from '../statistics.js';
import type { SubjectId } from '../subjects/subject.js';
import { type Workload, WORKLOADS } from '../workload.js';
import type { AloneRow } from './alone-row.js';
import type { AloneTask } from './alone-task.js';

process.once('disconnect', () => process.exit());
process.once('message', (task: AloneTask) => {
  void measure(task).then((rows) => process.send?.(rows));
});
process.send?.('ready');

async function measure({ baseline, subjects, recordings, plan }: AloneTask): Promise<AloneRow[]> {
  const open = async (id: SubjectId) => new Feeder((await (await loadSubject(id)).open(id)).server, id, recordings);
  const base = await open(baseline);
  const feeders: [SubjectId, Feeder][] = [];
  for (const subject of subjects) feeders.push([subject, await open(subject)]);
  for (const feeder of [base, ...feeders.map(([, one]) => one)]) {
    for (const workload of WORKLOADS) await feeder.invoke(workload, plan.warmUp);
  }
  const rows: AloneRow[] = [];
  for (const workload of WORKLOADS) {
    const samples = feeders.map((): { base: number; own: number }[] => []);
    for (let pair = 0; pair < plan.pairs; pair += 1) {
      for (const [index, [, feeder]] of feeders.entries()) {
        samples[index]!.push(await measurePair(base, feeder, workload, plan));
      }
    }
    for (const [index, [subject]] of feeders.entries()) {
      const own = samples[index]!;
      rows.push({
        stage: 'alone',
        workload,
        subject,
        pairs: own.length,
        baseline: median(own.map((sample) => sample.base)),
        time: median(own.map((sample) => sample.own)),
        ratio: spread(own.map((sample) => sample.own / sample.base)),
      });
    }
  }
  return rows;
}

/**
 * Both sides in small batches, in turn, so that what drifts meets both. The median batch of each side, in microseconds
 * of wall-clock time per invocation: one that another process interrupted, or a collection of garbage, does not count.
 * CPU clocks tick too slowly for batches this small.
 */
async function measurePair(base: Feeder, own: Feeder, workload: Workload, { batches, batch }: AloneTask['plan']) {
  const times = { base: [] as number[], own: [] as number[] };
  const sides = [['base', base] as const, ['own', own] as const];
  for (let count = 0; count < batches; count += 1) {
    for (const [side, feeder] of count % 2 === 0 ? sides : sides.toReversed()) {
      const start = performance.now();
      await feeder.invoke(workload, batch);
      times[side].push(((performance.now() - start) / batch) * 1_000);
    }
  }
  return { base: median(times.base), own: median(times.own) };
}
