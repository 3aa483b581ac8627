import { expectIdempotent } from '@rea/saga';
import { describe, expect, test } from 'vitest';

describe('expectIdempotent', () => {
  test('accepts a compensation that changes nothing the second time', async () => {
    const released = new Set<string>();
    let runs = 0;
    await expectIdempotent(
      async () => {
        runs += 1;
        released.add('order-1');
      },
      () => [...released],
    );
    expect(runs).toBe(2);
  });

  test('refuses one whose second run changes something, and shows what', async () => {
    const account = { balance: 100, refunds: [] as number[] };
    const refund = async () => {
      account.balance += 10;
      account.refunds.push(10);
    };
    await expect(expectIdempotent(refund, () => account)).rejects.toThrow(
      /^REA8006: .*"balance":110,"refunds":\[10\].* became .*"balance":120,"refunds":\[10,10\]/,
    );
  });

  test('refuses one whose second run fails, and keeps why', async () => {
    let runs = 0;
    const cause = new Error('no such hold');
    const release = async () => {
      runs += 1;
      if (runs === 2) throw cause;
    };
    await expect(expectIdempotent(release, () => 0)).rejects.toMatchObject({
      name: 'NotIdempotentError',
      code: 'REA8006',
      message: expect.stringContaining('no such hold'),
      cause,
    });
  });

  test('throws what the first run throws: that says nothing about idempotency', async () => {
    const failure = new Error('the bank is closed');
    await expect(
      expectIdempotent(
        () => Promise.reject(failure),
        () => 0,
      ),
    ).rejects.toBe(failure);
  });

  test('observes asynchronously as well', async () => {
    let rows = 0;
    const insert = async () => void (rows += 1);
    await expect(expectIdempotent(insert, async () => rows)).rejects.toThrow('1 became 2');
  });
});
