import type { Context } from '@restatedev/restate-sdk';
import { ReaEvents } from '../events/rea-events.js';
import { PolicyService } from '../policy/policy.service.js';
import { Attempt, withScope } from './attempt.js';
import { guardContext } from './guarded-context.js';
import { createTestScope } from './handler-scope.js';

/**
 * Runs a function as if it were a handler of `ctx`: injected durable clients and helpers find that context. For unit
 * tests with a fake context; in an application the framework does this for each attempt.
 *
 * @param ctx usually the fake context of `@rea/testing`
 * @param fn given the context with guardrails on, as in an application; the determinism guard too, where it is installed
 */
export async function runInContext<C extends Context, T>(ctx: C, fn: (ctx: C) => T | Promise<T>): Promise<T> {
  const request = ctx.request();
  const events = new ReaEvents();
  const policy = new PolicyService({ server: 'embedded' }, events);
  const { service, handler } = request.target;
  const attempt = new Attempt(createTestScope(service, `${service}/${handler}`, policy, events), request);
  const guarded = guardContext(ctx, attempt) as C;
  try {
    return await withScope({ attempt, inMethod: true }, async () => fn(guarded));
  } finally {
    attempt.end('completed');
  }
}
