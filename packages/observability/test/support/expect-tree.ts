import { expect } from 'vitest';
import { seen } from '../../../../test/support/seen.js';
import { eventually } from '../../../core/test/support/eventually.js';
import { type TreeSpan, treeOf } from './recorded-spans.js';

/**
 * Waits until a trace is exactly this tree, and notes it for who prints evidence: the tree that was found, if it never is.
 *
 * @param spans gives those that are known by now
 * @param merged as of {@link treeOf}
 */
export async function expectTree(
  spans: () => readonly TreeSpan[],
  namespace: string,
  tree: string,
  merged = false,
): Promise<void> {
  const wanted = tree.trim();
  const find = () => treeOf(spans(), namespace, merged);
  try {
    await eventually(() => expect(find()).toBe(wanted));
  } finally {
    const found = find();
    if (found !== wanted) seen('DIFFERS; found is:');
    for (const line of found.split('\n')) seen(line);
  }
}
