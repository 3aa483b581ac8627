import type { Class, ComponentDeclaration, HandlerDeclaration } from '../decorators/component-declaration.js';
import { BUILT_IN_PREFIX, builtInOptions } from '../decorators/built-in.decorator.js';
import { checkDecoratedMethod, descriptorOf } from '../decorators/decorated-method.js';
import { clientNameProblem, HANDLER_DECORATORS, methodNameProblem } from '../decorators/handler-names.js';
import { retentionProblem } from '../workflow/retention.js';
import { DiscoveryError } from './discovery.error.js';

// The name grammar of Restate's discovery protocol for handlers; services may carry dots as well.
const HANDLER_NAME = /^([a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9_]*$/;
const SERVICE_NAME = /^([a-zA-Z]|_[a-zA-Z0-9])[a-zA-Z0-9._-]*$/;

/** Handler names that Rea adds itself start with this. */
const RESERVED_PREFIX = '_rea';

const ALLOWED: Record<ComponentDeclaration['kind'], readonly HandlerDeclaration['kind'][]> = {
  service: ['handler'],
  object: ['handler', 'shared'],
  workflow: ['run', 'signal', 'query'],
};

/** @throws DiscoveryError when the class cannot work as the component it is declared to be. */
export function checkComponent(type: Class, component: ComponentDeclaration): void {
  const { kind, name, handlers } = component;
  if (!SERVICE_NAME.test(name)) {
    throw new DiscoveryError(
      'REA1002',
      `${type.name} has the component name "${name}", which Restate does not accept.`,
      'Use letters, digits, dots, dashes and underscores, starting with a letter.',
    );
  }
  if (name.startsWith(BUILT_IN_PREFIX) && !builtInOptions(type)) {
    throw new DiscoveryError(
      'REA1080',
      `${type.name} has the component name "${name}"; names with ${BUILT_IN_PREFIX} before them are kept for Rea's built-in components.`,
      'Give it another name.',
    );
  }
  if (handlers.size === 0) {
    throw new DiscoveryError(
      'REA1003',
      `${type.name} is a ${kind} without handlers.`,
      `Decorate at least one method with ${HANDLER_DECORATORS[kind === 'workflow' ? 'run' : 'handler']}, or remove the class decorator.`,
    );
  }
  if (kind === 'workflow') checkRun(type, component);
  const retention = retentionProblem(component.options.retention);
  if (retention !== undefined) {
    throw new DiscoveryError('REA1020', `The workflow ${type.name} ${retention}.`, 'Change @Workflow({ retention }).');
  }
  const names = new Map<string, string>();
  for (const handler of handlers.values()) {
    checkHandler(type, component, handler);
    const other = names.get(handler.name);
    if (other !== undefined) {
      throw new DiscoveryError(
        'REA1004',
        `${type.name}.${other} and ${type.name}.${handler.method} both have the handler name "${handler.name}".`,
        'Give one of them another name in its decorator.',
      );
    }
    names.set(handler.name, handler.method);
  }
}

function checkRun(type: Class, { handlers }: ComponentDeclaration): void {
  const runs = [...handlers.values()].filter(({ kind }) => kind === 'run').map(({ method }) => method);
  if (runs.length !== 1) {
    throw new DiscoveryError(
      'REA1005',
      `The workflow ${type.name} has ${runs.length === 0 ? 'no @WorkflowRun method' : `several @WorkflowRun methods: ${runs.join(', ')}`}.`,
      'Decorate exactly one method with @WorkflowRun.',
    );
  }
}

function checkHandler(type: Class, { kind }: ComponentDeclaration, handler: HandlerDeclaration): void {
  const where = `${type.name}.${handler.method}`;
  if (!ALLOWED[kind].includes(handler.kind)) {
    throw new DiscoveryError(
      'REA1006',
      `${where} is decorated with ${HANDLER_DECORATORS[handler.kind]}, which a ${kind} does not have.`,
      `In a ${kind}, use ${ALLOWED[kind].map((allowed) => HANDLER_DECORATORS[allowed]).join(', ')}.`,
    );
  }
  const decorator = HANDLER_DECORATORS[handler.kind];
  checkDecoratedMethod(decorator, type.prototype, handler.method, descriptorOf(type.prototype, handler.method));
  checkNames(where, handler);
  if (handler.name === 'then') {
    throw new DiscoveryError(
      'REA1007',
      `${where} has the handler name "then"; a client with a handler "then" would be taken for a promise.`,
      'Give it another name: @Handler({ name: "..." }).',
    );
  }
  if (!HANDLER_NAME.test(handler.name) || handler.name.startsWith(RESERVED_PREFIX)) {
    throw new DiscoveryError(
      'REA1008',
      `${where} has the handler name "${handler.name}", which is not allowed.`,
      `Use letters, digits and underscores, starting with a letter; names starting with ${RESERVED_PREFIX} are Rea's own.`,
    );
  }
  for (const direction of ['input', 'output'] as const) {
    if (direction in handler.options && handler.options[direction] === undefined) {
      throw new DiscoveryError(
        'REA1009',
        `${where} has ${direction}: undefined, so nothing would be validated.`,
        'The schema is probably imported in a circle, or its file is not loaded yet: move it to a file of its own. Leave the option out if there is no schema.',
      );
    }
  }
}

function checkNames(where: string, { method, name }: HandlerDeclaration): void {
  const ofMethod = methodNameProblem(method);
  const problem = ofMethod ?? clientNameProblem(name);
  if (problem === undefined) return;
  throw new DiscoveryError(
    'REA1091',
    `${where} has the ${ofMethod === undefined ? 'handler' : 'method'} name "${ofMethod === undefined ? name : method}", ${problem}.`,
    'It would be called outside of invocations, and clients could not call it: give the method and the handler another name.',
  );
}
