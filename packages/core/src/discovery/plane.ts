import type { HandlerKind } from '../decorators/component-declaration.js';
import type { Plane } from '../decorators/component.options.js';
import type { ComponentModel } from './component.model.js';

/** The declared plane, else the one that this kind of handler is made for. */
export function planeOf({ declaration }: ComponentModel, kind: HandlerKind): Plane {
  if (declaration.options.plane) return declaration.options.plane;
  const coordinates = kind === 'run' || (kind === 'handler' && declaration.kind === 'object');
  return coordinates ? 'control' : 'data';
}
