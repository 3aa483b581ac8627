import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { stateLimits } from '../src/workflow/retention.js';

const workflows = readFileSync(new URL('../../../docs/workflows.md', import.meta.url), 'utf8');

describe('The guide to workflows', { meta: { claim: 'documents' } }, () => {
  const limits = { warnBytes: 262_144, maxBytes: 1_048_576, exclusiveSleep: 5_000 };
  const bytes = (size: string) => {
    const [, count, unit] = /^(\d+) ([KM])iB$/.exec(size)!;
    return Number(count) * (unit === 'M' ? 1_048_576 : 1_024);
  };

  test.each(['standard', 'production', 'high-volume'] as const)(
    'says the sizes of the retention %s as the code has them',
    (profile) => {
      const row = new RegExp(`^\\| \`'${profile}'\` +\\| [^|]+\\| ([^|,]+), ([^|]+?) +\\|`, 'm').exec(workflows)!;
      expect({ warnBytes: bytes(row[1]!), maxBytes: bytes(row[2]!) }).toEqual(stateLimits(profile, limits));
    },
  );
});
