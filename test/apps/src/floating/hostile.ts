/* oxlint-disable no-misused-promises -- forgotten promises, as people write them */
import { setTimeout as pause } from 'node:timers/promises';
import type { Shape } from './shapes.js';

const reasons: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  'an object without a prototype': () => Object.create(null),
  'a revoked proxy': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  'a proxy that throws': () => {
    const trap = () => {
      throw new Error('trap');
    };
    return new Proxy(new Error('target'), { get: trap, getPrototypeOf: trap, ownKeys: trap, has: trap });
  },
  'an error whose message throws': () => withGetter('message'),
  'an error whose stack throws': () => withGetter('stack'),
};

/** Rejections of forgotten promises whose reason cannot be read without harm. */
export const HOSTILE: readonly Shape[] = Object.entries(reasons).flatMap(([what, make]) => [
  {
    name: `${what}, beside a wait`,
    ends: '500',
    play: async (ctx) => {
      ['a'].forEach(async () => fails(make()));
      await pause(1_000);
      await ctx.sleep(1);
    },
  },
  { name: `${what}, after the end`, ends: 'success', play: async () => ['a'].forEach(async () => fails(make())) },
]);

async function fails(reason: unknown): Promise<never> {
  await pause(5);
  throw reason;
}

function withGetter(property: string): Error {
  const get = () => {
    throw new Error(`${property} throws`);
  };
  return Object.defineProperty(new Error('hostile'), property, { get });
}
