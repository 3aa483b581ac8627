import { ObservabilityError } from '../observability.errors.js';

const NAME = /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/;
const LABEL = /^[a-z][a-z0-9_]*$/;

/** Endings that the format gives a meaning of its own. */
const RESERVED = /_(count|sum|bucket|info|total)$/;

interface Checked {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** Refuses what Prometheus or who reads it would misunderstand. @throws ObservabilityError (`REA1062`) */
export function checkMetric(type: 'counter' | 'histogram', { name, help, labels = [] }: Checked): void {
  const problem = problemOf(type, name, help, labels);
  if (problem) throw new ObservabilityError('REA1062', `The ${type} "${name}" ${problem.what}.`, `${problem.cure}.`);
}

function problemOf(type: string, name: string, help: string, labels: readonly string[]) {
  if (!NAME.test(name)) {
    return { what: 'is not named by convention', cure: 'Use lower-case words with underscores: shop_parcels_total' };
  }
  if (name.startsWith('rea_')) return { what: "begins as Rea's own metrics do", cure: 'Begin with a word of your own' };
  if (type === 'counter' && !name.endsWith('_total')) return { what: 'does not end in _total', cure: `${name}_total` };
  if (type === 'histogram' && RESERVED.test(name)) {
    return { what: 'has an ending that Prometheus adds itself', cure: 'End with the unit: shop_delivery_seconds' };
  }
  if (help.trim() === '') return { what: 'has no help text', cure: 'Say in a sentence what it counts' };
  const bad = labels.find((label) => !LABEL.test(label) || label === 'le');
  return bad === undefined
    ? undefined
    : { what: `has the label "${bad}"`, cure: 'Use lower-case words with underscores, and not le' };
}
