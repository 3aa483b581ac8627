import { OrderedMap, run, state, stateKey } from '@rea/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Seeded } from './random.js';
import { failOnce, Theatre } from './stage.js';

const throughJson = <K extends string | number, V>(map: OrderedMap<K, V>): OrderedMap<K, V> =>
  OrderedMap.fromJSON(JSON.parse(JSON.stringify(map)) as [K, V][]);

describe('An ordered map', () => {
  test('keeps the order of insertion through JSON, where a plain object does not', () => {
    const map = new OrderedMap<string, number>([
      ['zebra', 1],
      ['10', 2],
      ['9', 3],
      ['__proto__', 4],
      ['constructor', 5],
      ['', 6],
    ]);
    const back = throughJson(map);
    expect(back.keys()).toEqual(['zebra', '10', '9', '__proto__', 'constructor', '']);
    expect(back.values()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(back).toBeInstanceOf(OrderedMap);
    expect(Object.keys(Object.fromEntries(map))).not.toEqual(map.keys());
  });

  test('tells keys apart that differ in type only', () => {
    const map = throughJson(
      new OrderedMap<string | number, string>([
        [1, 'number'],
        ['1', 'text'],
      ]),
    );
    expect([map.get(1), map.get('1'), map.size]).toEqual(['number', 'text', 2]);
  });

  test('behaves like a Map under any operations, and is the same after JSON', () => {
    const seeded = new Seeded();
    const keys = ['a', 'b', '1', '2', '10', '-1', '', 'é', '__proto__', 'toJSON', 1, 2, -1, 0.5];
    for (let round = 0; round < 500; round += 1) {
      const model = new Map<string | number, number>();
      let map = new OrderedMap<string | number, number>();
      for (let step = 0; step < 30; step += 1) {
        const key = seeded.pick(keys);
        const deed = seeded.below(4);
        if (deed === 3) map = throughJson(map);
        const same = deed < 2 ? map.set(key, step) === map && model.set(key, step) !== undefined : true;
        const deleted = deed === 2 ? [map.delete(key), model.delete(key)] : [true, true];
        expect([same, deleted[0]]).toEqual([true, deleted[1]]);
        expect([map.get(key), map.has(key), map.size]).toEqual([model.get(key), model.has(key), model.size]);
      }
      expect([...map]).toEqual([...model]);
      expect([...throughJson(map)]).toEqual([...model]);
      expect([map.keys(), map.values()]).toEqual([[...model.keys()], [...model.values()]]);
    }
  });
});

describe('An ordered map in a handler', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await Theatre.open();
  });
  afterAll(() => theatre?.close());

  const shelf = stateKey<[string, number][]>('shelf', { default: () => [] });

  test('keeps its order in state and in the result of a run, also after an attempt that has failed', async () => {
    const fail = failOnce();
    const done: string[] = [];
    const seen = await theatre.playObject(async (ctx) => {
      const stored = await state(ctx, shelf).update(() => [
        ...new OrderedMap<string, number>([
          ['9', 1],
          ['tea', 2],
          ['1', 3],
        ]),
      ]);
      const quotes = OrderedMap.fromJSON(await run(ctx, 'quotes', () => new OrderedMap([...stored, ['0', 4]])));
      for (const [sku] of quotes) await run(ctx, `pack ${sku}`, () => void done.push(sku));
      fail();
      return [OrderedMap.fromJSON(await state(ctx, shelf).get()).keys(), quotes.keys()];
    });
    expect(seen).toEqual([
      ['9', 'tea', '1'],
      ['9', 'tea', '1', '0'],
    ]);
    expect(done).toEqual(['9', 'tea', '1', '0']);
  });
});
