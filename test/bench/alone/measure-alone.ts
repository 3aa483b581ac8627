import { Child } from '../child.js';
import type { AloneRow } from './alone-row.js';
import type { AloneTask } from './alone-task.js';

/** Measures endpoints without a server, in a fresh process. */
export async function measureAlone(task: AloneTask): Promise<AloneRow[]> {
  await using child = new Child(new URL('alone-process.js', import.meta.url), [task.baseline]);
  await child.answer();
  return await child.ask<AloneRow[]>(task);
}
