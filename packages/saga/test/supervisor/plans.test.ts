import { describe, expect, test } from 'vitest';
import { type JournalEntry, planRestart } from '../../src/supervisor/restart-plan.js';
import { planFromLog } from '../../src/supervisor/state-log.js';

interface Entry {
  readonly type: string;
  readonly name: string;
  readonly json: object;
}

const command = (type: string, ids: Record<string, number>, name = '') => ({
  type: `Command: ${type}`,
  name,
  json: { Command: { [type]: ids } },
});
const completion = (id: number) => ({
  type: 'Notification: X',
  name: '',
  json: { Notification: { id: { CompletionId: id } } },
});
const cancel = { type: 'Notification: Signal', name: '', json: { Notification: { id: { SignalIndex: 1 } } } };
const run = (id: number, name = `r${id}`) => command('Run', { completion_id: id }, name);
const call = (id: number) => command('Call', { invocation_id_completion_id: id, result_completion_id: id + 1 });
const sleep = (id: number) => command('Sleep', { completion_id: id }, 'wait');
const send = (id: number) => command('OneWayCall', { invocation_id_completion_id: id });

function journal(...entries: Entry[]): JournalEntry[] {
  const input = { type: 'Command: Input', name: '', json: { Command: { Input: {} } } };
  return [input, ...entries].map(({ type, name, json }, index) => ({
    index,
    entry_type: type,
    name,
    entry_lite_json: JSON.stringify(json),
  }));
}

describe('where a killed invocation is restarted from', () => {
  test.for([
    ['everything is done', journal(run(1), completion(1)), { kind: 'from', index: 2 }],
    ['an action is under way', journal(run(1), completion(1), run(2)), { kind: 'from', index: 2 }],
    ['a callee is at work', journal(run(1), completion(1), call(2), completion(2)), { kind: 'from', index: 2 }],
    ['the first action is under way', journal(run(1)), { kind: 'from', index: 0 }],
    ['two actions are under way', journal(run(1), completion(1), run(2), run(3)), { kind: 'from', index: 2 }],
    [
      'completions stand further back',
      journal(run(1), run(2), completion(2), completion(1)),
      { kind: 'from', index: 4 },
    ],
    ['state is written while a timer runs', journal(sleep(1), command('SetState', {})), { kind: 'from', index: 0 }],
    [
      'a rollback is under way',
      journal(run(1), completion(1), sleep(2), cancel, run(3), completion(3)),
      { kind: 'from', index: 2 },
    ],
    ['only the input is there', journal(), { kind: 'nothing' }],
    ['the journal is gone', [], { kind: 'gone' }],
  ] as const)('%s', ([, entries, plan]) => {
    expect(planRestart(entries)).toEqual(plan);
  });

  test.for([
    ['a run', journal(sleep(1), run(2, 'charge'), completion(2)), 'run "charge"'],
    ['a call', journal(sleep(1), call(2), completion(2), completion(3)), 'call'],
    ['a message', journal(sleep(1), send(2), completion(2)), 'onewaycall'],
  ] as const)('is refused when %s was done after an open timer', ([, entries, what]) => {
    expect(planRestart(entries)).toEqual({ kind: 'unsafe', what, after: 'sleep "wait"' });
  });
});

describe('what the log of a killed workflow says', () => {
  const report = (steps: object[], more: object = {}) => ({
    saga: 'order',
    value: JSON.stringify({ status: 'running', steps, journal: true, ...more }),
  });
  const step = (name: string, state: string, more: object = {}) => ({
    name,
    state,
    strategy: 'all',
    compensation: `undo-${name}`,
    payload: name,
    ...more,
  });
  const undo = (...names: string[]) => ({
    kind: 'undo',
    sagas: [{ saga: 'order', steps: names.map((name) => expect.objectContaining({ step: name })) }],
  });

  test('steps that have had an effect, or may have, are undone, latest first', () => {
    const steps = [
      step('a', 'done'),
      step('b', 'compensated'),
      step('c', 'compensating'),
      step('d', 'dead-lettered'),
      step('e', 'not-undone'),
      step('f', 'skipped'),
      step('g', 'running'),
      { name: 'h', state: 'done' },
    ];
    expect(planFromLog([report(steps)])).toEqual(undo('g', 'c', 'a'));
  });

  test('the strategy completed leaves out what is not known to be done', () => {
    const steps = [step('a', 'done', { strategy: 'completed' }), step('b', 'running', { strategy: 'completed' })];
    expect(planFromLog([report(steps)])).toEqual(undo('a'));
  });

  test('sagas that have ended are left alone', () => {
    expect(planFromLog([report([step('a', 'done')], { status: 'completed' })])).toEqual({ kind: 'undo', sagas: [] });
  });

  test('past the pivot nothing is undone, until it is done everything', () => {
    const steps = (state: string) => [step('a', 'done'), step('p', state, { pivot: true }), step('b', 'running')];
    expect(planFromLog([report(steps('done'))])).toEqual({ kind: 'past-pivot', saga: 'order' });
    expect(planFromLog([report(steps('running'))])).toEqual(undo('b', 'p', 'a'));
  });

  test('without the option journal, or without a report, there is nothing to go by', () => {
    expect(planFromLog([report([step('a', 'done')], { journal: undefined })])).toEqual({ kind: 'missing' });
    expect(planFromLog([])).toEqual({ kind: 'missing' });
  });
});
