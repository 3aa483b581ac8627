/**
 * Durable NestJS providers on Restate.
 *
 * @packageDocumentation
 */
export { compositeKey, MAX_KEY_LENGTH, splitCompositeKey } from './clients/object-key.js';
export { getClientToken } from './clients/durable-clients.js';
export { type ClientTarget, ClientTargetError } from './clients/client-target.js';
export { OutsideHandlerError } from './clients/client-misuse.js';
export type {
  AddressedWorkflow,
  CallOptions,
  DurableCalls,
  DurableSends,
  ObjectClient,
  SendOptions,
  ServiceClient,
  SubmitOptions,
  SubmittedWorkflow,
  WorkflowClient,
  WorkflowOutput,
  WorkflowReadOptions,
} from './clients/durable-client.types.js';
export { RestateConnection } from './connection/restate-connection.js';
export { EmbeddedServerMissingError, EmbeddedServerStoppedError } from './connection/connection.errors.js';
export { Handler } from './decorators/handler.decorator.js';
export { AppliesToHandlers } from './decorators/applies-to-handlers.decorator.js';
export { InjectClient } from './decorators/inject-client.decorator.js';
export { Service } from './decorators/service.decorator.js';
export { Shared } from './decorators/shared.decorator.js';
export { VirtualObject } from './decorators/virtual-object.decorator.js';
export { Workflow } from './decorators/workflow.decorator.js';
export { WorkflowQuery } from './decorators/workflow-query.decorator.js';
export { WorkflowRun } from './decorators/workflow-run.decorator.js';
export { WorkflowSignal } from './decorators/workflow-signal.decorator.js';
export type {
  ComponentOverrides,
  HandlerOptions,
  HandlerOverrides,
  Plane,
  RetentionOptions,
  RetentionProfile,
  ServiceOptions,
  SharedOptions,
  VirtualObjectOptions,
  WorkflowHandlerOptions,
  WorkflowOptions,
} from './decorators/component.options.js';
export type { DtoClass, HandlerSchema } from './decorators/handler-schema.js';
export { allowNondeterminism } from './determinism/allow-nondeterminism.js';
export { installDeterminismGuard } from './determinism/install.js';
export { DiscoveryError } from './discovery/discovery.error.js';
export { type Awakeable, awakeable, rejectAwakeable, resolveAwakeable } from './durable/awakeable.js';
export { all } from './durable/concurrency/all.js';
export { allSettled } from './durable/concurrency/all-settled.js';
export { any } from './durable/concurrency/any.js';
export { asCompleted, type Completed } from './durable/concurrency/as-completed.js';
export { batches, type BatchFunction } from './durable/concurrency/batches.js';
export { type FailureReport, failuresOf, type IndexedFailure } from './durable/concurrency/failure-report.js';
export { fanOut, fanOutOrThrow, type FanOutResult } from './durable/concurrency/fan-out.js';
export { type ItemFunction, mapConcurrent, mapSettled } from './durable/concurrency/map-concurrent.js';
export { type Branches, type BranchFunction, parallel, parallelSettled } from './durable/concurrency/parallel.js';
export { race } from './durable/concurrency/race.js';
export { type NamedWinner, raceNamed } from './durable/concurrency/race-named.js';
export type { BranchOutcome } from './durable/concurrency/settle-branches.js';
export { findKeyProblem, idempotencyKey, type KeyPart, MAX_IDEMPOTENCY_KEY_LENGTH } from './durable/idempotency-key.js';
export type { Journaled, Restored } from './durable/journaled.js';
export { choose, now, random, uuid } from './durable/deterministic.js';
export { OrderedMap } from './durable/ordered-map.js';
export { promise, type PromiseKey, promiseKey, type WorkflowPromise } from './durable/promise.js';
export type { PayloadOptions } from './durable/rejection.js';
export {
  run,
  runAsync,
  type RunContext,
  type RunHandle,
  type RunOptions,
  type RunOptionsWithSerde,
  type RunRetry,
} from './durable/run.js';
export { type ReadonlyState, type State, state } from './durable/state.js';
export {
  type StateKey,
  stateKey,
  type StateKeyOptions,
  type StateKeyOptionsWithDefault,
  type Upcaster,
} from './durable/state-key.js';
export { StateKeyError } from './durable/state-key.error.js';
export { EndpointListenError, NoHttpServerError, StartAbortedError } from './endpoint/endpoint.error.js';
export type { OnEndpointReady } from './endpoint/on-endpoint-ready.js';
export { EndpointNotReadyError, type FetchHandler, type LambdaHandler, ReaEndpoint } from './endpoint/rea-endpoint.js';
export type {
  AttemptOutcome,
  DeadLetterInfo,
  HandlerInfo,
  IngressOutcome,
  InvocationInfo,
  InvocationOutcome,
  ReaEvent,
  ReaEventMap,
  ReaEventType,
  RunOutcome,
  SagaEventType,
  SagaInfo,
  WebhookRejectionReason,
} from './events/rea-event.js';
export { REA_CHANNEL, ReaEvents } from './events/rea-events.js';
export type { HandlerRequest } from './invocation/call-context.js';
export { ERROR_METADATA } from './invocation/error-mapping.js';
export type { ComponentDescription, HandlerDescription } from './introspection/component-description.js';
export { ReaExplorer, type ReaIntrospection } from './introspection/rea-explorer.js';
export { type HandlerArguments, handlerArguments, RESTATE_CONTEXT_TYPE } from './invocation/execution-context.js';
export { runInContext } from './invocation/run-in-context.js';
export { ReaOptionsError } from './options.error.js';
export { PolicyConfigurationError } from './policy/policy.error.js';
export { PolicyService } from './policy/policy.service.js';
export type { PolicyMode, PolicyOptions, Rule, RuleId, RuleModes, Severity, Violation } from './policy/policy.types.js';
export { PolicyViolationError } from './policy/policy-violation.error.js';
export { RULES } from './policy/rules.js';
export { withPolicy } from './policy/with-policy.js';
export { ModuleImportError } from './module-import.error.js';
export { ReaError } from './rea.error.js';
export { ReaModule } from './rea.module.js';
export type { ReaOptionsFactory } from './rea.module-definition.js';
export {
  type EmbeddedServerOptions,
  type EndpointOptions,
  type ExternalServerOptions,
  type Limits,
  REA_OPTIONS,
  type ReaModuleOptions,
  type RegistrationOptions,
  type RegistrationWatchOptions,
  type ServerOptions,
} from './rea.options.js';
export { ReaRuntime } from './rea.runtime.js';
export { EndpointSecurity, type SecurityFinding } from './security/endpoint-security.js';
export type { ReplayStore } from './security/replay-store.js';
export { IdentityKeyMissingError } from './security/security.error.js';
export type { SecurityMode, SecurityOptions } from './security/security.options.js';
export { SECURITY_REASONS, type SecurityReason } from './security/security-reason.js';
export { ComponentTakenError, type ForeignDeployment } from './registration/component-taken.error.js';
export type { NewerDeployment, RegistrationState } from './registration/registration-state.js';
export {
  AdminRequestError,
  AdminUnreachableError,
  BreakingChangeError,
  DeploymentChangedError,
  EndpointUnreachableError,
} from './registration/registration.errors.js';
export { withDeadline } from './workflow/deadline.js';
export { DeadlineError } from './workflow/deadline.error.js';
export { DEFAULT_LOOP_LIMIT, forEach, type LoopOptions, loopWhile, retry, type RetryOptions } from './workflow/loop.js';
export { type InTime, orDefault, withTimeout } from './workflow/timeout.js';
export { after, sleep, sleepUntil } from './workflow/timer.js';
export {
  type StatusChange,
  type StatusReporter,
  type WorkflowStatus,
  workflowStatus,
} from './workflow/workflow-status.js';
export { SecondSdkError } from './second-sdk.error.js';
export { UnsupportedNodeError } from './unsupported-node.error.js';
export type { FieldDetail } from './validation/field-detail.js';
export { DtoLibrariesMissingError } from './validation/dto-validator.js';
export { ValidationFailedError } from './validation/validation-failed.error.js';
