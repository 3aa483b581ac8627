import { beforeEach } from 'vitest';
import { KNOWN_DEFECTS } from './known-defects.list.js';

// A listed test is expected to fail; once the defect is mended it turns red until it leaves the list.
beforeEach(({ task }) => {
  if (KNOWN_DEFECTS.has(task.name)) Object.assign(task, { fails: true });
});
