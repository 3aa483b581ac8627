import { each, type OptionShape } from '../option-shape.js';
import type {
  ComponentOverrides,
  HandlerOptions,
  HandlerOverrides,
  RetentionOptions,
  ServiceOptions,
  SharedOptions,
  VirtualObjectOptions,
  WorkflowHandlerOptions,
  WorkflowOptions,
} from './component.options.js';

const RETRY_POLICY: OptionShape<NonNullable<ServiceOptions['retryPolicy']>> = {
  initialInterval: true,
  maxInterval: true,
  maxAttempts: true,
  onMaxAttempts: true,
  exponentiationFactor: true,
};

const RETENTION: OptionShape<RetentionOptions> = { days: true, stateBytes: true, clearState: true };

/** What can be set for a component, for a handler, and by configuration. */
const EVERYWHERE: OptionShape<
  Pick<ServiceOptions, keyof ServiceOptions & keyof HandlerOverrides & keyof ComponentOverrides>
> = {
  description: true,
  metadata: true,
  deadline: true,
  idempotencyRetention: true,
  journalRetention: true,
  inactivityTimeout: true,
  abortTimeout: true,
  ingressPrivate: true,
  retryPolicy: RETRY_POLICY,
  asTerminalError: true,
  serde: true,
  hooks: true,
  explicitCancellation: true,
  onJournalMismatchErrors: true,
};

export const SERVICE_SHAPE: OptionShape<ServiceOptions> = {
  name: true,
  plane: true,
  ...EVERYWHERE,
};

export const OBJECT_SHAPE: OptionShape<VirtualObjectOptions> = { ...SERVICE_SHAPE, enableLazyState: true };

export const WORKFLOW_SHAPE: OptionShape<WorkflowOptions> = {
  ...OBJECT_SHAPE,
  retention: RETENTION,
  status: true,
  workflowRetention: true,
};

const HANDLER_OVERRIDES_SHAPE: OptionShape<HandlerOverrides> = {
  accept: true,
  setOutputContentTypeIfEmpty: true,
  ...EVERYWHERE,
  enableLazyState: true,
};

export const HANDLER_SHAPE: OptionShape<HandlerOptions & SharedOptions & WorkflowHandlerOptions> = {
  ...HANDLER_OVERRIDES_SHAPE,
  input: true,
  output: true,
  name: true,
};

export const COMPONENT_OVERRIDES_SHAPE: OptionShape<ComponentOverrides> = {
  ...EVERYWHERE,
  enableLazyState: true,
  workflowRetention: true,
  retention: RETENTION,
  handlers: each(HANDLER_OVERRIDES_SHAPE),
};
