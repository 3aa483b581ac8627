import { describe, expect, test } from 'vitest';
import { describeNewer } from '../src/registration/registration-reports.js';

describe('the warning of a newer deployment', { meta: { claim: 'not-latest' } }, () => {
  const newer = { id: 'dp_1', address: 'arn:aws:lambda:x', application: undefined, components: ['Orders', 'Mail'] };

  test.each([
    [true, 'which answers.'],
    [false, 'which the Restate server cannot reach, so they wait for it.'],
    [undefined, 'which may or may not answer.'],
  ])('whose answers are %s says so', (answers, text) => {
    expect(describeNewer('http://a', 'dp_0', [{ ...newer, answers }])).toContain(
      `new calls of Orders, Mail go to arn:aws:lambda:x (dp_1), ${text}`,
    );
  });

  test('of another application names that', () => {
    const text = describeNewer('http://a', 'dp_0', [{ ...newer, application: 'other', answers: true }]);
    expect(text).toContain('(dp_1, of the application "other"), which answers');
  });
});
