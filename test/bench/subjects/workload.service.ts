import { all, Handler, run, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { FAN_WIDTH, stepResult } from '../workload.js';

/** The workload as Rea's documentation would write it. */
@Service({ name: 'Workload' })
export class WorkloadService {
  @Handler()
  async greet(_ctx: Context, name: string): Promise<string> {
    return `Hello, ${name}`;
  }

  @Handler()
  async steps(ctx: Context, name: string): Promise<string> {
    const first = await run(ctx, 'first', () => stepResult(1, name));
    const second = await run(ctx, 'second', () => stepResult(2, name));
    const third = await run(ctx, 'third', () => stepResult(3, name));
    return [first, second, third].join();
  }

  @Handler()
  async fan(ctx: Context, name: string): Promise<string> {
    const runs = Array.from({ length: FAN_WIDTH }, (_, index) =>
      run(ctx, `branch ${index}`, () => stepResult(index, name)),
    );
    const results = await all(ctx, runs);
    return results.at(-1)!;
  }
}
