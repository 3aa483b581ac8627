import { Child } from '../child.js';
import type { Plan } from '../plan.js';
import { median, spread } from '../statistics.js';
import type { StartupRow } from './startup-row.js';

/** Starts applications with and without Rea, in turn, each in a fresh process. */
export async function measureStartup(plan: Plan['startup'], progress: (text: string) => void): Promise<StartupRow[]> {
  const rows: StartupRow[] = [];
  for (const handlers of plan.handlers) {
    progress(`start-up with ${handlers} handlers`);
    const times = { rea: [] as number[], plain: [] as number[] };
    for (let round = 0; round < plan.rounds; round += 1) {
      const variants = ['plain', 'rea'] as const;
      for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
        times[variant].push(await start(variant, handlers));
      }
    }
    rows.push({
      stage: 'startup',
      handlers,
      without: median(times.plain),
      with: median(times.rea),
      added: spread(times.rea.map((time, round) => time - times.plain[round]!)),
    });
  }
  return rows;
}

async function start(variant: string, handlers: number): Promise<number> {
  await using child = new Child(new URL('startup-process.js', import.meta.url), [variant, String(handlers)]);
  return await child.answer<number>();
}
