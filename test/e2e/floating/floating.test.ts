import { RestateServer } from '@rea/server';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Child } from './child.js';
// oxlint-disable-next-line no-restricted-imports -- what its handlers do
import { HOSTILE } from '../../apps/src/floating/hostile.js';
// oxlint-disable-next-line no-restricted-imports -- what its handlers do
import { SHAPES, type Shape } from '../../apps/src/floating/shapes.js';

const POLICIES = ['strict', 'warn', 'disabled'] as const;

/** How an invocation ended: `success`, Rea's code, or the status. */
type End = string;

describe.each([
  ['an ordinary server', false],
  ['a server that always replays', true],
])('On %s', { meta: { claim: 'floating-wait' } }, (_server, alwaysReplay) => {
  let server: RestateServer;
  beforeAll(async () => {
    server = await RestateServer.start({ alwaysReplay });
  });
  afterAll(() => server?.stop());

  describe.each(POLICIES)('%s, a process lives through', (policy) => {
    const namespace = `floating-${policy}`;
    let child: Child;
    beforeAll(async () => {
      const { ingressUrl, adminUrl } = server;
      const endpoint = { port: 0, host: '127.0.0.1' };
      // Its handlers are killed soon, so that each invocation ends.
      const modes = { mode: policy, rules: { 'saga-kill-policy': 'disabled' } };
      child = await Child.start({ namespace, policy: modes, server: { ingressUrl, adminUrl }, endpoint });
    });
    afterAll(() => child?.destroy());
    beforeEach(() => {
      child.unhandled.length = 0;
    });

    const call = (handler: string, input?: unknown): Promise<End> => invoke(server, `${namespace}.${handler}`, input);

    /** What is seen of a handler, and of its process afterwards. */
    const see = async (handler: string, input: unknown, { rejects, ends, isTimed = false }: Omit<Shape, 'play'>) => {
      const end = await call(handler, input);
      if (rejects === 'own') await expect.poll(() => child.unhandled).not.toEqual([]);
      // Node reports what the handler's own code does, and nothing of Rea's doing.
      const unhandled = rejects === undefined ? [...child.unhandled] : [];
      const isCertain = policy !== 'disabled' && ends !== undefined && !(isTimed && alwaysReplay);
      const next = await call('Echo/say', 'still here');
      return { end: isCertain ? end : ends, unhandled, hasExited: child.hasExited, next };
    };
    const lives = (end: End | undefined) => ({ end, unhandled: [], hasExited: false, next: 'success' });

    test.each(SHAPES.map((shape) => [shape.name, shape] as const))('%s', async (name, shape) => {
      expect(await see('Shapes/play', name, shape)).toEqual(lives(shape.ends));
    });

    test.each<[string, string, Omit<Shape, 'name' | 'play'>]>([
      ['a guard', 'Enhanced/guarded', { ends: 'REA2001', rejects: 'refusal' }],
      ['an interceptor', 'Enhanced/intercepted', { ends: 'REA2017' }],
      ['a run of an interceptor', 'Enhanced/lost', { ends: 'REA2050' }],
      ['a provider of the request', 'Scoped/play', { ends: 'REA2017' }],
      ['a signal', 'Flow/a/end', { ends: 'REA2017' }],
      ['a query', 'Flow/a/ask', { ends: 'REA2017' }],
      ['a shared handler that writes', 'Counter/a/reset', { ends: 'REA2002', rejects: 'refusal' }],
    ])('%s', async (name, handler, shape) => {
      expect(await see(handler, undefined, { name, ...shape })).toEqual(lives(shape.ends));
    });

    test('a cancellation', async () => {
      const sent = await fetch(`${server.ingressUrl}/${namespace}.Enhanced/held/send`, { method: 'POST' });
      const { invocationId } = (await sent.json()) as { invocationId: string };
      await fetch(`${server.adminUrl}/invocations/${invocationId}/cancel`, { method: 'PATCH' });
      await fetch(`${server.ingressUrl}/restate/invocation/${invocationId}/attach`);
      expect(await call('Echo/say', 'still here')).toBe('success');
      expect(child.hasExited).toBe(false);
    });
  });

  // In the strict mode Node reads the reason itself, before it asks anybody, and fails on a revoked proxy.
  describe("in Node's usual mode, a process lives through a rejection with", () => {
    const namespace = 'floating-hostile';
    let child: Child;
    beforeAll(async () => {
      const { ingressUrl, adminUrl } = server;
      const endpoint = { port: 0, host: '127.0.0.1' };
      child = await Child.start({ namespace, policy: 'warn', server: { ingressUrl, adminUrl }, endpoint }, 'throw');
    });
    afterAll(() => child?.destroy());

    test.each(HOSTILE.map(({ name, ends }) => [name, ends] as const))('%s', async (name, ends) => {
      const logged = child.log.split('REA7050').length;
      expect(await invoke(server, `${namespace}.Shapes/play`, name)).toBe(ends);
      await expect.poll(() => child.log.split('REA7050').length).toBeGreaterThan(logged);
      expect(await invoke(server, `${namespace}.Echo/say`, 'still here')).toBe('success');
      expect({ unhandled: child.unhandled, hasExited: child.hasExited }).toEqual({ unhandled: [], hasExited: false });
    });
  });
});

async function invoke(server: RestateServer, handler: string, input: unknown): Promise<End> {
  const response = await fetch(`${server.ingressUrl}/${handler}`, {
    method: 'POST',
    ...(input === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(input) }),
  });
  if (response.ok) return 'success';
  const { message } = (await response.json()) as { message: string };
  return /REA\d{4}/.exec(message)?.[0] ?? String(response.status);
}
