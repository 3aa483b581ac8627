import { Injectable } from '@nestjs/common';
import type { EndpointOptions as SdkEndpointOptions } from '@restatedev/restate-sdk';
import { createEndpointHandler as createFetchHandler } from '@restatedev/restate-sdk/fetch';
import { createEndpointHandler as createLambdaHandler } from '@restatedev/restate-sdk/lambda';
import { ReaError } from '../rea.error.js';
import { gatedFetch } from '../security/gated-fetch-handler.js';
import { gatedLambda } from '../security/gated-lambda-handler.js';
import { RequestGate } from '../security/request-gate.js';

/** The endpoint was asked for before the application had started. */
export class EndpointNotReadyError extends ReaError {
  readonly code = 'REA6007';
}

/** A handler for runtimes that speak the Fetch API: Cloudflare Workers, Deno, Bun. */
export type FetchHandler = ReturnType<typeof createFetchHandler>;

/** A handler for AWS Lambda. */
export type LambdaHandler = ReturnType<typeof createLambdaHandler>;

/**
 * The application's components as an endpoint for other runtimes than a port of one's own. Set
 * `endpoint: { serve: 'manual' }`, initialise the application (`await app.init()`), and export one of the handlers.
 */
@Injectable()
export class ReaEndpoint {
  private options: SdkEndpointOptions | undefined;

  constructor(private readonly gate: RequestGate) {}

  /** @internal What the SDK serves; set once the components have been found. */
  open(options: SdkEndpointOptions): void {
    this.options = options;
  }

  /**
   * The endpoint as a function from `Request` to `Response`, in request-response mode.
   *
   * @throws EndpointNotReadyError before the application has been initialised
   */
  fetchHandler(): FetchHandler {
    return gatedFetch(createFetchHandler(this.opened()), this.gate);
  }

  /**
   * The endpoint as an AWS Lambda function.
   *
   * @throws EndpointNotReadyError before the application has been initialised
   */
  lambdaHandler(): LambdaHandler {
    return gatedLambda(createLambdaHandler(this.opened()), this.gate);
  }

  private opened(): SdkEndpointOptions {
    if (this.options) return this.options;
    throw new EndpointNotReadyError(
      'REA6007: The endpoint has no components yet. Call `await app.init()` first, and check that the application has components.',
    );
  }
}
