import { Logger } from '@nestjs/common';
import {
  type GenericCall,
  type InvocationHandle,
  type InvocationPromise,
  type Serde,
  serde as sdkSerde,
} from '@restatedev/restate-sdk';
import { forJournal } from '../durable/journal-value.js';
import { type Attempt, currentScope, refuseInRun } from '../invocation/attempt.js';
import { ORCHESTRATE } from '../invocation/operation-guards.js';
import { checkDurableKey } from './call-key.js';
import { chainHeaders, refuseSelfCall } from './call-chain.js';
import { OutsideHandlerError } from './client-misuse.js';
import type { TargetHandler, TargetModel } from './client-target.js';
import type { CallOptions, SendOptions } from './durable-client.types.js';
import type { HandlerFormats } from './served-formats.js';
import { qualify } from './namespace.js';
import { checkDurableHeaders } from './secret-headers.js';
import { traceHeaders } from './trace-headers.js';

const logger = new Logger('Rea');

/** Calls a handler of a component, with a key where the component has keys. */
export function call(
  target: TargetModel,
  key: string | undefined,
  method: string,
  input: unknown,
  options: CallOptions = {},
): InvocationPromise<unknown> {
  const handler = target.handlers.get(method)!;
  const attempt = attemptFor(target, `call.${method}`);
  const {
    restateScope: scope,
    input: inputSerde,
    output: outputSerde,
    crossInvocation,
    allowSecretHeaders,
    ...rest
  } = options;
  const verb = `${target.name} call.${method}()`;
  attempt.handler.guards[ORCHESTRATE]?.(attempt, [verb]);
  checkDurableKey(attempt, verb, rest.idempotencyKey, crossInvocation);
  checkDurableHeaders(attempt, verb, rest.headers, allowSecretHeaders);
  const address = addressOf(attempt, target, handler, key, scope);
  if (handler.kind === 'handler') refuseSelfCall(attempt, address, verb);
  attempt.tell('client-called', () => ({
    verb: 'call' as const,
    target: { service: target.name, handler: handler.name },
  }));
  return attempt.ctx.genericCall<unknown, unknown>({
    ...rest,
    ...address,
    ...chainHeaders(attempt, tracedHeaders(attempt, rest.headers)),
    ...payload(attempt, input, inputSerde, target, handler, verb),
    outputSerde: outputSerde ?? serdeFor(attempt, target, handler, 'output'),
  });
}

/** Sends a message to a handler of a component, now or later. @param as for messages: `send.deliver`, `submit` */
export function send(
  target: TargetModel,
  key: string | undefined,
  method: string,
  input: unknown,
  options: SendOptions = {},
  as = `send.${method}`,
): InvocationHandle {
  const handler = target.handlers.get(method)!;
  const attempt = attemptFor(target, as);
  const { restateScope: scope, input: inputSerde, crossInvocation, allowSecretHeaders, ...rest } = options;
  const verb = `${target.name} ${as}()`;
  attempt.handler.guards[ORCHESTRATE]?.(attempt, [verb]);
  checkDurableKey(attempt, verb, rest.idempotencyKey, crossInvocation);
  checkDurableHeaders(attempt, verb, rest.headers, allowSecretHeaders);
  attempt.tell('client-called', () => ({
    verb: 'send' as const,
    target: { service: target.name, handler: handler.name },
  }));
  const address = addressOf(attempt, target, handler, key, scope);
  const headers = tracedHeaders(attempt, rest.headers, beginsTrace(attempt, address, rest.delay));
  return attempt.ctx.genericSend<unknown>({
    ...rest,
    ...(headers ? { headers } : {}),
    ...address,
    ...payload(attempt, input, inputSerde, target, handler, verb),
  });
}

/** The format of a payload: that in force where the application serves the component, else the declared one, else JSON. */
export function serdeFor(
  { handler: { formats } }: Attempt,
  target: TargetModel,
  handler: TargetHandler,
  direction: keyof HandlerFormats,
): Serde<unknown> {
  const served = formats?.of(target.name, handler.name)?.[direction];
  return served ?? handler[direction] ?? target.serde ?? (sdkSerde.json as Serde<unknown>);
}

/**
 * The attempt that a client is used in. Once it has ended, that is logged, and its context answers nothing: it cannot be
 * seen whether anybody awaits the calling code, and a rejection that nobody awaits would end the process.
 *
 * @throws OutsideHandlerError when there is none
 */
export function attemptFor(target: TargetModel, verb: string): Attempt {
  const attempt = currentScope()?.attempt;
  if (attempt?.active) {
    refuseInRun(`${target.name} ${verb}()`);
    return attempt;
  }
  if (!attempt) {
    throw new OutsideHandlerError(
      `REA3003: ${verb} of ${target.name} was called outside a handler, where nothing can be journaled. In controllers and jobs use the ingress client: @InjectIngress(${target.name}).`,
    );
  }
  const late = `REA3003: ${verb} of ${target.name} was called after ${attempt.place} had ended. Await everything a handler starts before it returns.`;
  if (!attempt.swallowsLateUse) throw new OutsideHandlerError(late);
  logger.error(`${late} Nothing was sent, and the calling code does not go on (invocation ${attempt.request.id}).`);
  return attempt;
}

/** The caller's headers, and the trace, unless the caller names one. */
function tracedHeaders(
  attempt: Attempt,
  headers: Record<string, string> | undefined,
  begins = false,
): Record<string, string> | undefined {
  const trace = traceHeaders(attempt, begins && headers?.['traceparent'] === undefined);
  return trace ? { ...trace, ...headers } : headers;
}

/** Whether a message is no part of what its sender does now: it is delayed, or the sender's own next round. */
function beginsTrace({ request }: Attempt, to: Address, delay: SendOptions['delay']): boolean {
  // Not how long it is: what is left until a time may be nothing on a replay, and headers must not change.
  if (delay !== undefined) return true;
  const { service, key, handler } = request.target;
  if (to.service !== service) return false;
  return to.key === undefined ? to.method === handler : to.key === key;
}

type Address = Pick<GenericCall<unknown, unknown>, 'service' | 'method' | 'key' | 'scope'>;

function addressOf(
  { names }: Attempt,
  target: TargetModel,
  handler: TargetHandler,
  key: string | undefined,
  scope: string | undefined,
): Address {
  return {
    service: qualify(names, target.name),
    method: handler.name,
    ...(key === undefined ? {} : { key }),
    ...(scope === undefined ? {} : { scope }),
  };
}

function payload(
  attempt: Attempt,
  input: unknown,
  own: Serde<unknown> | undefined,
  target: TargetModel,
  handler: TargetHandler,
  verb: string,
): { parameter: unknown; inputSerde: Serde<unknown> } {
  const serde = own ?? serdeFor(attempt, target, handler, 'input');
  const written = forJournal(attempt.ctx, input, serde, `The input of ${verb}`);
  return { parameter: written.value, inputSerde: written.serde };
}
