import { expect, test } from 'vitest';
import { withDefaults } from '../src/with-defaults.js';

test('an option that is undefined hides no default', () => {
  const defaults = { size: 10, name: 'queue' };
  expect(withDefaults(defaults, { size: undefined, name: 'own' })).toEqual({ size: 10, name: 'own' });
  expect(withDefaults(defaults, undefined)).toEqual(defaults);
});
