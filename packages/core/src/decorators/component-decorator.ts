import { Injectable } from '@nestjs/common';
import { checkOptionNames } from '../option-shape.js';
import { OBJECT_SHAPE, SERVICE_SHAPE, WORKFLOW_SHAPE } from './component.option-shapes.js';
import {
  type Class,
  type ComponentDeclaration,
  type ComponentKind,
  type Contract,
  declareComponent,
  declareContract,
} from './component-declaration.js';

const DECORATORS = { service: '@Service', object: '@VirtualObject', workflow: '@Workflow' };
const SHAPES = {
  service: SERVICE_SHAPE,
  object: OBJECT_SHAPE,
  workflow: WORKFLOW_SHAPE,
};

/** The class decorator behind `@Service`, `@VirtualObject` and `@Workflow`: by options, or by contract and options. */
export function componentDecorator(
  kind: ComponentKind,
  first: ComponentDeclaration['options'] | Contract,
  options: ComponentDeclaration['options'] | undefined,
): (target: never) => void {
  return (target) => {
    Injectable()(target as Function);
    const type: Class = target;
    checkOptionNames(`${DECORATORS[kind]} of ${type.name}`, '_kind' in first ? options : first, SHAPES[kind]);
    if ('_kind' in first) declareContract(type, first, options);
    else declareComponent(type, kind, first);
  };
}
