import { Child } from '../child.js';
import type { HeapRow } from './heap-row.js';
import type { HeapTask } from './heap-task.js';

/** Watches the heap of an application in a fresh process. */
export async function measureHeap(task: HeapTask): Promise<HeapRow> {
  await using child = new Child(new URL('heap-process.js', import.meta.url), [task.scope], ['--expose-gc']);
  await child.answer();
  return await child.ask<HeapRow>(task);
}
