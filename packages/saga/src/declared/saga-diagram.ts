import { declaredSagaOf, type SagaClass } from './declared-saga.decorator.js';
import { stagesOf } from './execute-declared.js';
import { type StepDeclaration, stepsOf } from './saga-step.decorator.js';

/**
 * Draws a declared saga as a Mermaid flowchart, from its code: steps downwards, what undoes them beside them, in the order
 * in which a rollback runs. Write it to your docs in a test, and it stays true.
 *
 * @see https://mermaid.js.org/syntax/flowchart.html
 * @throws SagaStartError when the class is no declared saga
 */
export function sagaDiagram(type: SagaClass): string {
  const { name, strategy = 'all' } = declaredSagaOf(type);
  const stages = stagesOf(stepsOf(type.prototype as object));
  const pivotAt = stages.findIndex(([first]) => first?.pivot);
  const lines = ['flowchart TD', `  start([${name}])`, '  completed([completed])'];
  let before = ['start'];
  for (const stage of stages) {
    for (const step of stage) lines.push(`  ${nodeOf(step)}`);
    for (const from of before) for (const { method } of stage) lines.push(`  ${from} --> ${method}`);
    before = stage.map(({ method }) => method);
  }
  for (const from of before) lines.push(`  ${from} --> completed`);
  const reversible = (pivotAt < 0 ? stages : stages.slice(0, pivotAt + 1))
    .map((stage) => stage.filter(({ undo }) => undo !== undefined))
    .filter((stage) => stage.length > 0)
    .toReversed();
  const last = reversible.at(-1);
  if (last) {
    lines.push(`  subgraph rollback [rollback: ${strategy}]`);
    for (const { method, undo } of reversible.flat()) lines.push(`    undo_${method}[${undo}]`);
    for (const [index, stage] of reversible.slice(1).entries()) {
      for (const from of reversible[index]!) {
        for (const { method } of stage) lines.push(`    undo_${from.method} --> undo_${method}`);
      }
    }
    lines.push('  end');
    for (const { method } of reversible.flat()) lines.push(`  ${method} -. fails .-> undo_${method}`);
    for (const { method } of last) lines.push(`  undo_${method} --> failed([failed])`);
  }
  return `${lines.join('\n')}\n`;
}

function nodeOf({ method, pivot, undo }: StepDeclaration): string {
  if (pivot) return `${method}{{${method}: pivot}}`;
  return undo === undefined ? `${method}[${method}: irreversible]` : `${method}[${method}]`;
}
