import type { ReaTestApp } from '@rea/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { InvocationTable } from '../../src/supervisor/invocation-table.js';
import { supervised } from './support/supervised-app.js';

let app: ReaTestApp;
beforeAll(async () => (app = await supervised({ supervisor: false })));
afterAll(() => app.close());

describe('What the keys in a journal are made of', () => {
  const SECOND = '2026-01-02T03:04:05';

  test.each([
    ['copied, in the second in which the copy was made', 'Z', '.25Z', 'inv_killed'],
    ['copied, just before', '.25Z', '.26Z', 'inv_killed'],
    ['its own, in the second in which it was made', '.25Z', 'Z', 'inv_copy'],
    ['its own, at once', '.25Z', '.25Z', 'inv_copy'],
  ])('when its beginning is %s', async (_what, appended, created, identity) => {
    const table = app.get(InvocationTable);
    const answers = [
      [{ restarted_from: 'inv_killed', created_at: SECOND + created }],
      [{ appended_at: SECOND + appended }],
      [{ created_at: '2026-01-01T00:00:00Z' }],
    ];
    const query = vi.spyOn(table as unknown as { query(sql: string): Promise<unknown[]> }, 'query');
    query.mockImplementation(async () => answers.shift()!);
    expect(await table.identityOf('inv_copy')).toBe(identity);
    query.mockRestore();
  });

  test('the server leaves out the fraction of a whole second', async () => {
    const moment = (ms: number) => `arrow_cast(${ms}, 'Timestamp(Millisecond, Some("+00:00"))')`;
    const [row] = await app.query<object>(`select ${moment(1_000)} as whole, ${moment(1_250)} as part`);
    expect(row).toEqual({ whole: '1970-01-01T00:00:01Z', part: '1970-01-01T00:00:01.250Z' });
  });
});
