import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { ModuleImportError } from './module-import.error.js';

/**
 * Refuses an application that imports one of Rea's modules twice: both would work, with an endpoint each, say, or with the
 * options of either.
 *
 * @throws ModuleImportError `REA1023`
 */
export function importedOnce(modules: ModulesContainer, own: Type): void {
  const count = [...modules.values()].filter(({ metatype }) => metatype === own).length;
  if (count > 1) throw new ModuleImportError(own.name, count);
}
