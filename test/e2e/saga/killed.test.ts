import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestateServer } from '@rea/server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seen } from '../../support/seen.js';
import { SwitchingProxy } from '../lifecycle/switching-proxy.js';
import { SagaProcess } from './child.js';

const ENDINGS = ['works', 'fails', 'stuck', 'cancelled', 'cancelled-in-call'] as const;
const MODES = ['implicit', 'explicit'] as const;

/** What happens to an order after each of its journal entries. */
const ACCIDENTS = ['its process is killed', 'its connection is lost'] as const;

const STEPS = ['reserve', 'charge', 'invoice', 'pack/box', 'pack/label', 'ship'];
const EFFECTS = ['reserve', 'charge', 'invoice', 'box', 'label', 'ship'];
const UNDONE = EFFECTS.map((what) => `undo-${what}`);

/** How an order that nothing happens to ends: status, steps that are undone in any order, effects. */
const WHOLE: Readonly<Record<(typeof ENDINGS)[number], readonly [number, readonly string[], readonly string[]]>> = {
  works: [200, [], [...EFFECTS, 'confirm', 'mail']],
  fails: [422, STEPS, [...EFFECTS, ...UNDONE]],
  stuck: [
    422,
    STEPS.filter((step) => step !== 'invoice'),
    [...EFFECTS, ...UNDONE.filter((what) => what !== 'undo-invoice')],
  ],
  cancelled: [409, STEPS, [...EFFECTS, ...UNDONE]],
  'cancelled-in-call': [409, STEPS, [...EFFECTS, ...UNDONE, 'book', 'undo-book']],
};

/** What became of an order, as far as it has to be the same each time. */
interface Outcome {
  readonly status: number;
  readonly compensated: readonly string[];
  readonly body: unknown;
  /** Each effect once, whatever its order. */
  readonly effects: readonly string[];
}

/** An order under test. */
interface Run {
  readonly id: string;
  readonly invocation: string;
}

let server: RestateServer;
let proxy: SwitchingProxy;
let directory: string;
let child: SagaProcess;
let settings: { readonly rea: object; readonly effects: string };
const namespace = 'killed';
const invocations = new Map<string, string>();
const waitingFor = new Set<string>();

beforeAll(async () => {
  server = await RestateServer.start();
  directory = await mkdtemp(join(tmpdir(), 'rea-saga-'));
  const port = await freePort();
  proxy = await SwitchingProxy.start();
  proxy.target = port;
  settings = {
    rea: {
      namespace,
      server: { ingressUrl: server.ingressUrl, adminUrl: server.adminUrl },
      endpoint: { port, host: '127.0.0.1', advertisedUrl: `http://127.0.0.1:${proxy.port}` },
    },
    effects: join(directory, 'effects'),
  };
  child = await SagaProcess.start(settings, cancel);
});
afterAll(async () => {
  await child?.kill();
  proxy?.close();
  await server?.stop();
  await rm(directory, { recursive: true });
});

/** Kills the process, and starts the next. */
async function restart(): Promise<void> {
  await child.kill();
  child = await SagaProcess.start(settings, cancel);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function cancel(order: string): void {
  const id = invocations.get(order);
  if (id) void fetch(`${server.adminUrl}/invocations/${id}/cancel`, { method: 'PATCH' });
  // It waits already, and the answer that tells its id is still on the way.
  else waitingFor.add(order);
}

async function start(name: string, mode: string, ending: string, freezeAfter: number | null): Promise<Run> {
  const id = `${mode}-${ending}-${name}`;
  const response = await fetch(`${server.ingressUrl}/${namespace}.Orders/${id}/${mode}/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': id },
    body: JSON.stringify({ id, ending, freezeAfter }),
  });
  const { invocationId } = (await response.json()) as { invocationId: string };
  invocations.set(id, invocationId);
  if (waitingFor.delete(id)) cancel(id);
  return { id, invocation: invocationId };
}

async function outcome({ id, invocation }: Run): Promise<Outcome> {
  const response = await fetch(`${server.ingressUrl}/restate/invocation/${invocation}/attach`);
  const text = (await response.text()).replaceAll(invocation, '<invocation>');
  const body = JSON.parse(text) as { metadata?: Record<string, string> } | string;
  const report = typeof body === 'string' ? undefined : comparable(body.metadata!['rea.saga']!);
  return {
    status: response.status,
    compensated: report?.compensated ?? [],
    body: report ? { ...(body as object), metadata: report } : body,
    effects: [...new Set((await effectsOf(id)).map(([what]) => what))].toSorted(),
  };
}

/** A report in which the steps of the group stand in one order: they are undone at once. */
function comparable(report: string): { readonly compensated: readonly string[] } {
  return JSON.parse(report.replace('"invoice","charge"', '"charge","invoice"'));
}

/** The effects of an order with their keys, in the order in which they happened. */
async function effectsOf(order: string): Promise<(readonly [what: string, key: string])[]> {
  const text = await readFile(settings.effects, 'utf8');
  return text
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([of]) => of === order)
    .map(([, what, key]) => [what!, key!] as const);
}

/** Effects that happened under more than one key, so that nobody could tell that they were the same. */
function duplicated(effects: readonly (readonly [string, string])[]): string[] {
  const keys = new Map<string, Set<string>>();
  for (const [what, key] of effects) keys.set(what, (keys.get(what) ?? new Set()).add(key));
  return [...keys].filter(([, of]) => of.size > 1).map(([what]) => what);
}

/** Effects that were done again after they had been undone. */
function doneAfterUndone(effects: readonly (readonly [string, string])[]): string[] {
  const order = effects.map(([what]) => what);
  return order.filter((what, index) => order.slice(0, index).includes(`undo-${what}`));
}

describe.for(MODES)('With %s cancellation, an order', (mode) => {
  const cases = ENDINGS.flatMap((ending) => ACCIDENTS.map((accident) => [ending, accident] as const));
  test.for(cases)('(%s) ends the same when %s after any journal entry', async ([ending, accident]) => {
    const suffix = accident === ACCIDENTS[0] ? 'killed' : 'cut';
    const whole = await start(`whole-${suffix}`, mode, ending, null);
    const entries = await child.settled(whole.id);
    const expected = await outcome(whole);
    const [status, compensated, effectsOfWhole] = WHOLE[ending];
    expect(expected).toMatchObject({ status, effects: effectsOfWhole.toSorted() });
    expect(expected.compensated.toSorted()).toEqual(compensated.toSorted());
    expect(entries).toBeGreaterThan(25);

    const count = entries as number;
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const runs = await Promise.all(numbers.map((number) => start(`${number}-${suffix}`, mode, ending, number)));
    const settled = await Promise.all(runs.map(({ id }) => child.settled(id)));
    const lengths = await journalLengths(runs.map(({ invocation }) => invocation));
    if (accident === ACCIDENTS[0]) await restart();
    else proxy.cut();
    const outcomes = await Promise.all(runs.map(outcome));
    const effects = await Promise.all(runs.map(({ id }) => effectsOf(id)));

    const differing = runs.filter((_, index) => !equal(outcomes[index], expected)).map(({ id }) => id);
    const twice = runs.flatMap(({ id }, index) => duplicated(effects[index]!).map((what) => `${id}: ${what}`));
    const late = runs.flatMap(({ id }, index) => doneAfterUndone(effects[index]!).map((what) => `${id}: ${what}`));
    const stopped = settled.filter((each) => each === 'frozen').length;
    seen(
      `${runs.length} runs, ${stopped} stopped at journals of ${Math.min(...lengths)} to ${Math.max(...lengths)} entries (${new Set(lengths).size} lengths): ${differing.length} lost or half-compensated, ${twice.length} duplicated, ${late.length} done after they were undone`,
    );
    expect(outcomes[runs.findIndex(({ id }) => differing.includes(id))] ?? expected).toEqual(expected);
    expect({ differing, twice, late }).toEqual({ differing: [], twice: [], late: [] });
    expect(stopped).toBeGreaterThan(count - 5);
  });
});

test('A cancel that comes while the process is down rolls back once it is up', async () => {
  const order = await start('down', 'implicit', 'waits', null);
  await child.waiting(order.id);
  await child.kill();
  cancel(order.id);
  await restart();
  const { status, effects } = await outcome(order);
  expect(status).toBe(409);
  expect(effects).toEqual([...EFFECTS, ...UNDONE].toSorted());
});

test('A deadline that passes while the process is down rolls back once it is up', async () => {
  const order = await start('late', 'implicit', 'late', null);
  await child.waiting(order.id);
  await child.kill();
  await journaled(order, "entry_type = 'Notification: Sleep'");
  await restart();
  const { status, effects } = await outcome(order);
  expect(status).toBe(408);
  expect(effects).toEqual([...EFFECTS, ...UNDONE].toSorted());
});

test('The tries of a compensation are counted on in each next process, and have one key', async () => {
  const order = await start('exhausted', 'implicit', 'exhausted', null);
  for (const next of [2, 3]) {
    await journaled(order, `name = 'compensation exhaust, try ${next}'`);
    await restart();
  }
  const { status, body, compensated } = await outcome(order);
  expect(status).toBe(422);
  expect(body).toMatchObject({ metadata: { status: 'incomplete', deadLettered: [{ step: 'pay' }] } });
  expect(compensated).toEqual([]);
  const tries = (await effectsOf(order.id)).filter(([what]) => what.startsWith('try'));
  expect(tries.map(([what]) => what)).toEqual(['try-1', 'try-2', 'try-3']);
  expect(new Set(tries.map(([, key]) => key)).size).toBe(1);
});

/** Waits until an entry is in the order's journal. */
async function journaled({ invocation }: Run, condition: string): Promise<void> {
  const count = async () =>
    (await server.query(`select index from sys_journal where id = '${invocation}' and ${condition}`)).length;
  await expect.poll(count, { timeout: 20_000 }).toBeGreaterThan(0);
}

async function journalLengths(ids: readonly string[]): Promise<number[]> {
  const list = ids.map((id) => `'${id}'`).join(', ');
  const rows = await server.query<{ length: number }>(
    `select id, count(*) as length from sys_journal where id in (${list}) group by id`,
  );
  return rows.map(({ length }) => length);
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
