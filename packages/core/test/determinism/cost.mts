/**
 * What a watched call costs: `npm run build && node packages/core/test/determinism/cost.mts`.
 *
 * It measures the built package, without a server: in an attempt of its own, as a handler's method would run.
 */
import { allowNondeterminism, installDeterminismGuard } from '@rea/core';
import { Attempt, inMethod, withScope } from '../../dist/invocation/attempt.js';

const { now } = Date;
const { random } = Math;
const native = { Date, setTimeout, uuid: crypto.randomUUID.bind(crypto), clock: performance.now.bind(performance) };

const calls: Record<string, readonly [plain: () => unknown, watched: () => unknown]> = {
  'Date.now()': [() => now(), () => Date.now()],
  'new Date()': [() => new native.Date(), () => new Date()],
  'new Date(value)': [() => new native.Date(1), () => new Date(1)],
  'Math.random()': [() => random(), () => Math.random()],
  'performance.now()': [() => native.clock(), () => performance.now()],
  'crypto.randomUUID()': [() => native.uuid(), () => crypto.randomUUID()],
  'setTimeout()': [() => clearTimeout(native.setTimeout(noop, 1)), () => clearTimeout(setTimeout(noop, 1))],
};

function noop(): void {}

/** The best of many short rounds: what else the machine does only ever adds. */
function nanoseconds(fn: () => unknown, times: number): number {
  const rounds = Array.from({ length: 300 }, () => {
    const start = native.clock();
    for (let i = 0; i < times; i += 1) fn();
    return ((native.clock() - start) * 1e6) / times;
  });
  return Math.min(...rounds);
}

installDeterminismGuard();
const policy = { modeOf: () => 'warn', report: noop };
const attempt = new Attempt({ place: 'Cost/measure', policy } as never, { id: 'inv' } as never);
/** As deep as an ordinary call: a service that calls a helper. */
const helper = (fn: () => unknown): unknown => fn();

console.log(`${'ns per call'.padEnd(22)} native  outside handlers  in a handler`);
for (const [name, [plain, watched]] of Object.entries(calls)) {
  const columns = [
    nanoseconds(plain, 10_000),
    nanoseconds(watched, 10_000),
    withScope({ attempt }, () => inMethod(() => nanoseconds(() => helper(watched), 100))),
  ];
  console.log(name.padEnd(22), columns.map((value, i) => value.toFixed(0).padStart([6, 17, 13][i]!)).join(' '));
}
const exempt = withScope({ attempt }, () =>
  inMethod(() => nanoseconds(() => allowNondeterminism(() => Date.now()), 10_000)),
);
console.log(`allowNondeterminism(() => Date.now()) in a handler: ${exempt.toFixed(0)} ns`);
