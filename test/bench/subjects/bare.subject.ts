import { once } from 'node:events';
import { createServer } from 'node:http2';
import {
  type Context,
  createEndpointHandler,
  object,
  type ObjectContext,
  RestatePromise,
  service,
  TerminalError,
} from '@restatedev/restate-sdk';
import { FAN_WIDTH, FIELDS, stepResult } from '../workload.js';
import { rolledBack } from './rolled-back.js';
import { takeStepsByHand } from './steps-by-hand.js';
import type { OpenEndpoint, SubjectId } from './subject.js';

/** The SDK alone, as its documentation shows it, with a logger that drops everything. */
export async function open(id: SubjectId): Promise<OpenEndpoint> {
  const workload = service({
    name: `${id}.Workload`,
    handlers: {
      greet: async (_ctx: Context, name: string) => `Hello, ${name}`,
      steps: async (ctx: Context, name: string) => {
        const first = await ctx.run('first', () => stepResult(1, name));
        const second = await ctx.run('second', () => stepResult(2, name));
        const third = await ctx.run('third', () => stepResult(3, name));
        return [first, second, third].join();
      },
      fan: async (ctx: Context, name: string) => {
        const runs = Array.from({ length: FAN_WIDTH }, (_, index) =>
          ctx.run(`branch ${index}`, () => stepResult(index, name)),
        );
        const results = await RestatePromise.all(runs);
        return results.at(-1)!;
      },
    },
  });
  const profile = object({
    name: `${id}.Profile`,
    handlers: {
      state: async (ctx: ObjectContext, name: string) => {
        for (const [index, field] of FIELDS.entries()) {
          await ctx.get<string>(field);
          ctx.set(field, stepResult(index, name));
        }
        return String(FIELDS.length);
      },
    },
  });
  const saga = service({
    name: `${id}.Saga`,
    handlers: {
      saga: (ctx: Context, name: string) => takeStepsByHand(ctx, name, false, TerminalError),
      rollback: (ctx: Context, name: string) => takeStepsByHand(ctx, name, true, TerminalError).catch(rolledBack),
    },
  });
  const server = createServer(createEndpointHandler({ services: [workload, profile, saga], logger: () => {} }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
