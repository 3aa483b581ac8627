import { Handler, run, Service } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { stepResult } from '../workload.js';

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
}
