import { eventually } from './eventually.js';

/** Waits until something holds. @param what the failure's message if it never does */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await eventually(async () => {
    if (!(await holds())) throw new Error(what);
  });
}
