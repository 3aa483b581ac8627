import { Logger } from '@nestjs/common';
import { builtInOptions } from '../decorators/built-in.decorator.js';
import type { ComponentModel } from '../discovery/component.model.js';
import { DiscoveryError } from '../discovery/discovery.error.js';
import type { PolicyService } from '../policy/policy.service.js';
import type { ReaModuleOptions } from '../rea.options.js';
import { retentionProblem, retentionWarning } from '../workflow/retention.js';
import { checkDurations } from './component-durations.js';
import { componentOptions, retentionInForce } from './merged-options.js';

/**
 * What is checked of components once the options of the module are applied to them.
 *
 * @throws DiscoveryError naming the component and the cure; PolicyViolationError
 */
export function checkDeclarations(
  components: readonly ComponentModel[],
  options: ReaModuleOptions,
  policy: PolicyService,
): void {
  checkName(components, options);
  for (const component of components) {
    checkRetention(component, options, policy);
    checkDurations(component, options);
  }
}

/** Without the application's name, another application's built-in components would be taken for its own. */
function checkName(components: readonly ComponentModel[], options: ReaModuleOptions): void {
  if (options.name !== undefined) return;
  const builtIn = components.find(({ type }) => builtInOptions(type));
  if (!builtIn) return;
  throw new DiscoveryError(
    'REA1082',
    `The application has no name, which its component ${builtIn.declaration.name} carries on the Restate server: there is no package.json with a name above ${process.argv[1] ?? process.cwd()}.`,
    'Set ReaModule.forRoot({ name }), the same in all its processes; false if the server is for this application alone.',
  );
}

/** Workflows that are forgotten sooner than their authors may think, or kept for unusually long. */
function checkRetention(component: ComponentModel, options: ReaModuleOptions, policy: PolicyService): void {
  const { kind, name } = component.declaration;
  if (kind !== 'workflow') return;
  const retention = retentionInForce(component, options);
  const problem = retentionProblem(retention);
  if (problem !== undefined) {
    throw new DiscoveryError('REA1020', `The workflow ${name} ${problem}.`, 'Change its retention.');
  }
  if (componentOptions(component, options).workflowRetention === undefined) {
    policy.report('workflow-retention', { place: name, what: 'No retention is declared' });
  }
  const warning = retentionWarning(retention);
  if (warning !== undefined) new Logger('Rea').warn(`${name} ${warning}.`);
}
