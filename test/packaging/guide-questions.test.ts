import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readGuide } from './guide.js';
import { root } from './stranger.js';

const text = (file: string) => readFileSync(join(root, file), 'utf8');
const guide = text('docs/getting-started.md');

/** What answers a question of `nest new` before it is asked. */
const ANSWERS: Readonly<Record<string, string>> = {
  askForPackageManager: '--package-manager npm',
  askForObservability: '--no-observe',
};

describe('The first command of the guide', { meta: { claim: 'development' } }, () => {
  const [command] = readGuide(guide)
    .flatMap(({ steps }) => steps)
    .flatMap((step) => (step.kind === 'command' ? [step.command] : []));

  test('answers what the Nest CLI asks today', () => {
    const action = text('node_modules/@nestjs/cli/actions/new.action.js');
    const questions = new Set(action.match(/askFor(?!MissingInformation)\w+/g));
    expect([...questions].toSorted()).toEqual(Object.keys(ANSWERS).toSorted());
    for (const answer of Object.values(ANSWERS)) expect(command).toContain(answer);
  });

  test('is asked by the schematic for nothing but its name and the module system, which the guide mentions', () => {
    const { properties } = JSON.parse(text('node_modules/@nestjs/schematics/dist/lib/application/schema.json')) as {
      readonly properties: Readonly<Record<string, object>>;
    };
    const prompts = Object.keys(properties).filter((name) => 'x-prompt' in properties[name]!);
    expect(prompts).toEqual(['name', 'type']);
    expect(guide).toContain('It asks for the module system: choose ESM, the default.');
  });
});
