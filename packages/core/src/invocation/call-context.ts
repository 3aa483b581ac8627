import { type ContextId, ContextIdFactory, type ModuleRef } from '@nestjs/core';
import type { Context, Request } from '@restatedev/restate-sdk';

/**
 * What a `ContextIdStrategy` is given for an attempt of a handler, in place of an HTTP request. The same on each replay.
 */
export interface HandlerRequest {
  /** The headers that the caller sent, under their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** The invocation's id. */
  readonly id: string;
  /** What was called: `Cart/addItem`, with the application's namespace before it. */
  readonly target: string;
}

/**
 * Makes the context in which an attempt's providers are resolved, as Nest makes that of an HTTP request: the application's
 * strategy, where it has one, decides which of them are shared, and with whom.
 *
 * @param isDurable whether the component itself is shared: what it injects as REQUEST is the strategy's payload then
 */
export function createCallContext(ctx: Context, moduleRef: ModuleRef, isDurable: boolean): ContextId {
  const request = ctx.request();
  const contextId = ContextIdFactory.getByRequest(requestOf(request));
  const { payload } = contextId as { readonly payload?: object };
  moduleRef.registerRequestByContextId(isDurable ? payload : withPayload(request, payload), contextId);
  return contextId;
}

function requestOf({ headers, id, target }: Request): HandlerRequest {
  const sent = [...headers].map(([name, value]) => [name.toLowerCase(), value]);
  return { headers: Object.fromEntries(sent) as Record<string, string>, id, target: target.toString() };
}

/** The SDK's request itself stays as it is. */
function withPayload(request: Request, payload: object | undefined): Request {
  return payload ? (Object.assign(Object.create(request), payload) as Request) : request;
}
