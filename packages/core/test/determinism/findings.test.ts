import { beforeAll, describe, expect, test } from 'vitest';
import { expectedFindings, type GuardedRun, runGuardedApp } from './guarded-app.js';

let app: GuardedRun;
beforeAll(async () => {
  app = await runGuardedApp();
}, 120_000);

const played = (kind: 'violation' | 'clean') => app.reports.filter((report) => report.kind === kind);

describe('A process that loads the determinism guard first', () => {
  test('reports each violation at its line of the TypeScript source', async () => {
    const expected = await expectedFindings();
    const lines = new Map<string, string>();
    for (const report of played('violation').flatMap(({ found }) => found)) {
      const [, what, line, column] = /^REA2004 (.+) at (.+:\d+):(\d+)$/.exec(report) ?? [];
      expect(Number(column)).toBeGreaterThan(1);
      lines.set(line!, what!);
    }
    expect(Object.fromEntries(lines)).toEqual(Object.fromEntries(expected));
  });

  test('reports one finding for each of at least 28 violations', () => {
    expect(played('violation').length).toBeGreaterThanOrEqual(28);
    expect(played('violation').filter(({ found }) => found.length !== 1)).toEqual([]);
  });

  test('reports nothing for at least 17 cases that are fine', () => {
    expect(played('clean').length).toBeGreaterThanOrEqual(17);
    expect(played('clean').filter(({ found }) => found.length > 0)).toEqual([]);
    expect(app.afterwards).toBeGreaterThan(0);
    expect(app.logged).toBeGreaterThan(0);
  });
});
