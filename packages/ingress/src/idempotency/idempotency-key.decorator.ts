import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { IdempotencyKeyPipe, type ReceivedKey } from './idempotency-key.pipe.js';
import { type FingerprintedRequest, fingerprintOf } from './request-fingerprint.js';

/** Options of {@link IdempotencyKey}. */
export interface IdempotencyKeyOptions {
  /** A request without the header is answered with 400 (REA4020), in every mode of the policy. Default `false`. */
  readonly required?: boolean;
  /**
   * Makes method, path and body a part of the key: a client that uses a key again for another request then starts another
   * action. Without it, it gets the answer of the first request, as Restate does not compare inputs. Default `false`.
   */
  readonly fingerprint?: boolean;
}

interface IncomingRequest extends FingerprintedRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

const keyOf = createParamDecorator(
  ({ required = false, fingerprint = false }: IdempotencyKeyOptions, context: ExecutionContext): ReceivedKey => {
    const request = context.switchToHttp().getRequest<IncomingRequest>();
    const header = request.headers['idempotency-key'];
    return {
      header: typeof header === 'object' ? header.join(', ') : header,
      required,
      fingerprint: fingerprint ? fingerprintOf(request) : undefined,
      place: `${context.getClass().name}.${context.getHandler().name}`,
    };
  },
);

/**
 * Gives a controller's method the request's `Idempotency-Key`, to pass on: a `string`, or `undefined` when the request has
 * none. The header is a quoted text (`Idempotency-Key: "8e03978e"`); it is taken without quotes too.
 *
 * Without a header the guardrail `missing-key` decides where the key is passed on; a malformed one fires `weak-key`:
 * both are a 400 in `strict` and a log line in `warn`, and a malformed header's text is then the key.
 *
 * Keys are the client's own: where clients do not trust each other, put who it is into the key:
 * `idempotencyKey('pay', customerId, key)`.
 *
 * @example
 * ```ts
 * @Post('orders/:id/payments')
 * pay(@Body() { amount }: Payment, @IdempotencyKey() idempotencyKey?: string) {
 *   return this.till.call.charge(amount, { idempotencyKey });
 * }
 * ```
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 */
export function IdempotencyKey(options: IdempotencyKeyOptions = {}): ParameterDecorator {
  return keyOf(options, IdempotencyKeyPipe);
}
