import { type DeadLetterOptions, SagaModule } from '@rea/saga';
import { describe, expect, test } from 'vitest';
import { tried } from '../../../../test/support/claim.js';
import { NO_DURATIONS } from '../../../core/test/support/no-durations.js';

describe('the options of the dead letters', () => {
  test.for<readonly [string, DeadLetterOptions]>([
    ['deadLetters.secret', { secret: '' }],
    ['deadLetters.secret', { secret: 'fifteen letters' }],
    ['deadLetters.secret', { secret: 'a header\nhas no line breaks' }],
    ['deadLetters.secret', { secret: ' spaces at its ends are lost ' }],
    ['deadLetters.secret', { secret: 'hëaders are printable ASCII' }],
    ['deadLetters.timeout', { timeout: 0 }],
    ['deadLetters.timeout', { timeout: Number.NaN }],
  ])('%s is refused when it cannot work: %o', ([path, deadLetters]) => {
    const define = () => SagaModule.forRoot({ deadLetters });
    expect(define).toThrow(expect.objectContaining({ code: 'REA1001', message: expect.stringContaining(path) }));
    expect(define).not.toThrow(deadLetters.secret || 'no secret to tell');
  });

  test('refuse a timeout that is no duration', { meta: { claim: 'durations' } }, () => {
    tried(NO_DURATIONS.length);
    for (const timeout of NO_DURATIONS) {
      const define = () => SagaModule.forRoot({ deadLetters: { timeout: timeout as number } });
      expect(define).toThrow('REA1001: The option deadLetters.timeout ');
    }
  });

  test('are accepted otherwise', () => {
    const deadLetters = { secret: 'sixteen letters!', timeout: 1_000, index: true };
    expect(() => SagaModule.forRoot({ deadLetters })).not.toThrow();
  });
});
