import type { TerminalError } from '@restatedev/restate-sdk';
import { secretHeadersOf } from '../clients/secret-headers.js';
import type { NameScope } from '../clients/namespace.js';
import type { ServedFormats } from '../clients/served-formats.js';
import { builtInOptions } from '../decorators/built-in.decorator.js';
import type { Plane } from '../decorators/component.options.js';
import type { ComponentModel, HandlerModel } from '../discovery/component.model.js';
import { planeOf } from '../discovery/plane.js';
import type { ReaEvents } from '../events/rea-events.js';
import type { PolicyService } from '../policy/policy.service.js';
import { type Limits, limitsOf, type ReaModuleOptions } from '../rea.options.js';
import { retentionInForce } from '../endpoint/merged-options.js';
import { type StateLimits, stateLimits } from '../workflow/retention.js';
import type { Instrumentation } from '../instrumentation/instrumentation.js';
import type { Attempt } from './attempt.js';
import { asTerminalError } from './error-mapping.js';
import { operationGuards } from './operation-guards.js';

/** What every attempt of a handler knows of it: made once, when the handler is bound. */
export interface HandlerScope {
  /** The component's name, without the namespace. */
  readonly component: string;
  /** For messages: `Cart/addItem`. */
  readonly place: string;
  /** The declared plane, else the one that its kind is made for. */
  readonly plane: Plane;
  /** It is a workflow's run. */
  readonly isRun: boolean;
  readonly events: ReaEvents;
  /** What stands in the names of the components that its clients call. */
  readonly names: NameScope;
  /** Of the components that its clients call; undefined in unit tests. */
  readonly formats: ServedFormats | undefined;
  readonly policy: Pick<PolicyService, 'report' | 'modeOf' | 'watchesPromises' | 'watchesAwaits' | 'watchesValues'>;
  readonly limits: Limits;
  /** Sizes from which a single state value is reported and refused. */
  readonly stateLimits: StateLimits;
  /** Names of headers that hold secrets. */
  readonly secretHeaders: ReadonlySet<string>;
  /** What is terminal of what its code throws: as the engine takes it. */
  readonly asTerminalError: (error: unknown) => TerminalError | undefined;
  /** What watches the handler; undefined when nothing does. */
  readonly instrumentation: Instrumentation | undefined;
  /** State is read only: shared handlers, signals and queries. */
  readonly readOnly: boolean;
  /** Holds its object's lock while it runs. */
  readonly exclusive: boolean;
  /** What durable operations of the handler are checked for beyond where they are called, by the context's method. */
  readonly guards: OperationGuards;
}

/** A check of one durable operation, given the attempt and the operation's arguments. */
export type OperationGuards = Readonly<
  Record<string, ((attempt: Attempt, args: readonly unknown[]) => void) | undefined>
>;

/** Of the built-in components: what they do is not the application's to guard. */
const NO_POLICY: HandlerScope['policy'] = {
  report: () => {},
  modeOf: () => 'disabled',
  watchesPromises: false,
  watchesAwaits: false,
  watchesValues: false,
};

const NO_BOUNDS = { warnBytes: Infinity, maxBytes: Infinity } as const;

/** The scope of a handler of the application. */
export function createHandlerScope(
  component: ComponentModel,
  handler: HandlerModel,
  options: ReaModuleOptions,
  policy: PolicyService,
  events: ReaEvents,
  toTerminal: HandlerScope['asTerminalError'],
  formats: ServedFormats,
  instrumentation?: Instrumentation,
): HandlerScope {
  const { name, kind, options: declared } = component.declaration;
  const exclusive = kind === 'object' && handler.declaration.kind === 'handler';
  const readOnly = ['shared', 'signal', 'query'].includes(handler.declaration.kind);
  const builtIn = builtInOptions(component.type);
  const isGuarded = builtIn === undefined || builtIn.runsUserCode === true;
  const limits = { ...limitsOf(options), ...(isGuarded ? {} : NO_BOUNDS) };
  return {
    component: name,
    place: placeOf(component, handler),
    plane: planeOf(component, handler.declaration.kind),
    isRun: handler.declaration.kind === 'run',
    events,
    names: options,
    formats,
    policy: isGuarded ? policy : NO_POLICY,
    limits,
    stateLimits: stateLimits(retentionInForce(component, options), limits),
    secretHeaders: secretHeadersOf(options),
    asTerminalError: toTerminal,
    instrumentation,
    readOnly,
    exclusive,
    guards: operationGuards({ readOnly, exclusive, plane: declared.plane, limits }),
  };
}

/** The scope of a handler in a unit test. */
export function createTestScope(
  component: string,
  place: string,
  policy: PolicyService,
  events: ReaEvents,
): HandlerScope {
  const limits = limitsOf({});
  const guards = operationGuards({ readOnly: false, exclusive: false, plane: undefined, limits });
  return {
    component,
    place,
    plane: 'data',
    isRun: false,
    events,
    names: {},
    formats: undefined,
    policy,
    limits,
    stateLimits: limits,
    secretHeaders: secretHeadersOf({}),
    asTerminalError,
    instrumentation: undefined,
    readOnly: false,
    exclusive: false,
    guards,
  };
}

/** How messages name a handler: `Cart/addItem`. */
export function placeOf({ declaration }: ComponentModel, handler: HandlerModel): string {
  return `${declaration.name}/${handler.declaration.name}`;
}

/** What the guards of a handler depend on. */
export interface GuardedHandler {
  readonly readOnly: boolean;
  readonly exclusive: boolean;
  readonly plane: Plane | undefined;
  readonly limits: Limits;
}
