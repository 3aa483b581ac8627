import { Injectable } from '@nestjs/common';
import {
  type Class,
  type ComponentDeclaration,
  type ComponentKind,
  type Contract,
  declareComponent,
  declareContract,
} from './component-declaration.js';

/** The class decorator behind `@Service`, `@VirtualObject` and `@Workflow`: by options, or by contract and options. */
export function componentDecorator(
  kind: ComponentKind,
  first: ComponentDeclaration['options'] | Contract,
  options: ComponentDeclaration['options'] | undefined,
): (target: never) => void {
  return (target) => {
    Injectable()(target as Function);
    const type: Class = target;
    if ('_kind' in first) declareContract(type, first, options);
    else declareComponent(type, kind, first);
  };
}
