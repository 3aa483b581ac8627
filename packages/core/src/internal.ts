/**
 * What the other packages of Rea build on. Not for applications: it may change in any release.
 *
 * @internal
 * @packageDocumentation
 */
export { facade, noStatus } from './clients/client-misuse.js';
export { RUN_NOTE_HANDLER } from './invocation/workflow-run-note.js';
export { verbsOver, withoutVerbs } from './clients/wrong-verb.js';
export { STATUS_HANDLER } from './workflow/workflow-status.js';
export { type TargetHandler, targetModel, type TargetModel } from './clients/client-target.js';
export type { ClientDecorator, ClientThatFits, ComponentOfTarget } from './clients/client-decorator.types.js';
export type { FitsObject, FitsService, FitsWorkflow } from './clients/client-kind.js';
export type {
  HandlerInput,
  HandlerNames,
  HandlerOutput,
  NoInput,
  NoSubmitKey,
  HandlersOf,
  InputOf,
  KeysOf,
  OutputOf,
  QueryNames,
  RunName,
  SignalNames,
  WithOptions,
} from './clients/handler-types.js';
export { injectingClasses } from './clients/injection-point.js';
export { ServedFormats } from './clients/served-formats.js';
export { InjectionRegistry } from './clients/injection-registry.js';
export { type NameScope, qualify, unqualify } from './clients/namespace.js';
export { TRACE_LINK_HEADER } from './clients/trace-headers.js';
export { secretHeadersOf, secretsAmong } from './clients/secret-headers.js';
export { checkKey } from './clients/object-key.js';
export { BUILT_IN_OVERRIDES, BuiltIn } from './decorators/built-in.decorator.js';
export { amendHandler, type Class, componentOf } from './decorators/component-declaration.js';
export { findMalformedKey, findRequestKeyProblem, malformedKeyMessage, ownKey } from './durable/idempotency-key.js';
export { checkDecoratedMethod, descriptorOf } from './decorators/decorated-method.js';
export { injectTarget } from './decorators/inject-target.js';
export { encodedPayload } from './durable/payload-format.js';
export { declarePayload, validated } from './durable/rejection.js';
export { checkedMillis } from './durable/checked-duration.js';
export { badDurationMessage, durationProblem, LONGEST_TIMER, millisProblem, toMillis } from './durable/duration.js';
export { checkDurationOption, checkTimerOption } from './duration-option.js';
export type { AmbientValue } from './ambient.js';
export { given } from './given.js';
export { importedOnce } from './imported-once.js';
export { type Given, type OperationWatch, watchOperations } from './durable/context-operations.js';
export { Interruption, type InterruptionCause } from './durable/interruption.js';
export { untilNoneWaits } from './durable/concurrency/native-promise-watch.js';
export { checkLoss, checkSize } from './durable/journal-value.js';
export { isPlainJson, lossIn } from './durable/lossy-value.js';
export { Section } from './durable/section.js';
export {
  INSTRUMENTATION,
  type Instrumentation,
  type Stretch,
  UNWATCHED,
  type WorkPart,
} from './instrumentation/instrumentation.js';
export { REQUEST_WATCH, type RequestWatch, type WatchedRequest } from './instrumentation/request-watch.js';
export { ownerOf } from './determinism/frame-owner.js';
export { type Attempt, attemptOf, currentScope, refuseInRun, withoutDurableOperations } from './invocation/attempt.js';
export { noteOpen, refuseUnawaited, reportUnawaited } from './invocation/unawaited.js';
export { checkOrchestration } from './invocation/operation-guards.js';
export { outcomeOf, outcomeOfReturn } from './invocation/outcome.js';
export { checkOptionNames, each, type OptionShape } from './option-shape.js';
export { OpenDeadLetters } from './events/open-dead-letters.js';
export { ONE_WAY_HEADER } from './invocation/failed-messages.js';
export { oncePerInvocation } from './invocation/once-per-invocation.js';
export { asText, isBookkeeping, type SdkLine, sdkLine } from './endpoint/sdk-line.js';
export { asTerminalError } from './invocation/error-mapping.js';
export { outlastsCancel } from './durable/received-cancel.js';
export { nextRollback, ROLLBACK_ENTRY, rollbackEntry } from './durable/replayed-rollback.js';
export { withCauses } from './failures/causes.js';
export { errorOf, isA, messageOf, readThrown } from './failures/thrown.js';
export { limitsOf } from './rea.options.js';
export type { HttpAnswer, HttpExchange } from './connection/http-answer.js';
export { exchange } from './connection/http-exchange.js';
export { AdminClient } from './registration/admin-client.js';
export { isSameUrl } from './registration/known-deployments.js';
export { cancelInvocation, CancelWithoutEffectError, untilCancelTakesEffect } from './registration/cancellation.js';
export { AdminRequestError, AdminUnreachableError } from './registration/registration.errors.js';
export { EndpointState } from './endpoint/endpoint-state.js';
export { ShutdownGrace } from './shutdown-grace.js';
export { liveList } from './live-list.js';
export { sqlList, sqlLiteral } from './registration/sql-literal.js';
export { unlessAborted } from './unless-aborted.js';
export { untilCallable } from './registration/until-callable.js';
export { namedValue } from './named-value.js';
