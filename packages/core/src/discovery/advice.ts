import { type ApplicationConfig } from '@nestjs/core';
import { placeOf } from '../invocation/handler-scope.js';
import type { PolicyService } from '../policy/policy.service.js';
import { isStandardSchema } from '../validation/validator.js';
import type { ComponentModel, HandlerModel } from './component.model.js';
import { looksMangled } from './mangled-name.js';
import { globalPipes, inputTypeOf, ownPipes, validatesByClass } from './validation-pipes.js';

/** What class-validator keeps for all its copies in a process. */
interface ValidatorMetadata {
  getTargetValidationMetadatas(target: unknown, schema: string, strict: boolean, groups: boolean): readonly unknown[];
}

/**
 * Reports what the application declares and what is probably not meant.
 *
 * @throws PolicyViolationError in mode `strict`
 */
export function reportDeclarations(
  components: readonly ComponentModel[],
  policy: PolicyService,
  config: ApplicationConfig,
): void {
  const isValidatedGlobally = globalPipes(config).some(validatesByClass);
  const derived = components.filter(({ declaration }) => declaration.options.name === undefined);
  const names = derived.map(({ declaration }) => declaration.name);
  for (const component of components) {
    const { name } = component.declaration;
    if (derived.includes(component) && looksMangled(name, names)) {
      policy.report('mangled-name', { place: name, what: `The component name "${name}", taken from its class,` });
    }
    if (isValidatedGlobally) continue;
    for (const handler of component.handlers) reportUnvalidated(component, handler, policy);
  }
}

function reportUnvalidated(component: ComponentModel, handler: HandlerModel, policy: PolicyService): void {
  const { method, options } = handler.declaration;
  if (options.input !== undefined) return;
  const type = inputTypeOf(component.type, method);
  if (typeof type !== 'function' || !declaresRules(type)) return;
  if (ownPipes(component.type, method).some(validatesByClass)) return;
  policy.report('unvalidated-input', {
    place: placeOf(component, handler),
    what: `An input of the class ${type.name}`,
  });
}

/** Whether a class says what its instances have to be: with class-validator, or as a Standard Schema. */
function declaresRules(type: Function): boolean {
  if (isStandardSchema(type)) return true;
  const { classValidatorMetadataStorage: storage } = globalThis as {
    readonly classValidatorMetadataStorage?: ValidatorMetadata;
  };
  return (storage?.getTargetValidationMetadatas(type, '', false, false).length ?? 0) > 0;
}
