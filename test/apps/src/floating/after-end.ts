import { setTimeout as pause } from 'node:timers/promises';
import { run } from '@rea/core';
import { TerminalError } from '@restatedev/restate-sdk';
import type { Shape } from './shapes.js';

/** Code that goes on when its handler has returned. */
const late =
  (work: (...args: Parameters<Shape['play']>) => unknown): Shape['play'] =>
  async (ctx, props) => {
    void (async () => {
      await pause(30);
      await work(ctx, props);
    })();
    return 'returned';
  };

/** What is done after the handler has ended is logged, and does nothing. */
export const afterEnd: readonly Shape[] = [
  { name: 'a call after the end', ends: 'success', play: late((_ctx, { echo }) => echo.call.say('late')) },
  { name: 'a send after the end', ends: 'success', play: late((_ctx, { echo }) => echo.send.say('late')) },
  {
    name: 'the id of a message after the end',
    ends: 'success',
    play: late((_ctx, { echo }) => echo.send.say('late').invocationId),
  },
  { name: 'a call of an object after the end', ends: 'success', play: late((_c, p) => p.counters.of('a').call.add(1)) },
  { name: 'a submission after the end', ends: 'success', play: late((_c, p) => p.flows.of('late').submit().attach()) },
  { name: 'an attach after the end', ends: 'success', play: late((_c, p) => p.flows.of('late').attach()) },
  { name: 'a signal after the end', ends: 'success', play: late((_c, p) => p.flows.of('late').signal.end()) },
  { name: 'a run after the end', ends: 'success', play: late((ctx) => run(ctx, 'late', () => 'late')) },
  { name: 'a run of the SDK after the end', ends: 'success', play: late((ctx) => ctx.run('late', () => 'late')) },
  { name: 'a sleep after the end', ends: 'success', play: late((ctx) => ctx.sleep(5)) },
  {
    name: 'an own error after the end',
    ends: 'success',
    rejects: 'own',
    play: late(() => {
      throw new Error('too late');
    }),
  },
  {
    name: 'an own terminal error after the end',
    ends: 'success',
    rejects: 'own',
    play: late(() => {
      throw new TerminalError('too late');
    }),
  },
];
