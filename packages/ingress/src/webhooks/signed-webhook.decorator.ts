import { applyDecorators, SetMetadata, UseGuards, UseInterceptors } from '@nestjs/common';
import { ReaOptionsError } from '@rea/core';
import { checkOptionNames, millisProblem } from '@rea/core/internal';
import { SIGNED_WEBHOOK_SHAPE, type SignedWebhookOptions } from './signed-webhook.options.js';
import { WEBHOOK_OPTIONS } from './webhook-metadata.js';
import { WebhookGuard } from './webhook.guard.js';
import { SingleUseInterceptor } from './webhook.interceptor.js';

/**
 * Lets only deliveries of a provider call a controller's method: signed with one of the secrets over the raw body, lately,
 * and each one once, across replicas and restarts.
 *
 * The application has to keep the raw body: `NestFactory.create(AppModule, { rawBody: true })`. What is refused is
 * answered with 401 (REA4011) and published as the event `webhook-rejected`. A delivery that has been handled is answered
 * with `{ repeated: true }`; one that is being handled, with 409 (REA4012).
 *
 * A method that takes `@Res()` has to take it with `{ passthrough: true }`, or a repetition is never answered.
 *
 * @throws ReaOptionsError when `tolerance`, `singleUse.lease` or `singleUse.retention` is no number of milliseconds: with NaN
 *   a delivery of any age would pass
 * @example
 * ```ts
 * @Post('webhooks/stripe')
 * @SignedWebhook({ scheme: stripe(), secrets: (app) => app.get(Secrets, { strict: false }).stripe })
 * async paid(@Body() event: StripeEvent, @WebhookDelivery() { idempotencyKey }: VerifiedDelivery) { ... }
 * ```
 */
export function SignedWebhook(options: SignedWebhookOptions): ClassDecorator & MethodDecorator {
  checkOptionNames('@SignedWebhook', options, SIGNED_WEBHOOK_SHAPE);
  const { tolerance, singleUse } = options;
  checkMillis('tolerance', tolerance);
  if (typeof singleUse === 'object') {
    checkMillis('singleUse.lease', singleUse.lease);
    checkMillis('singleUse.retention', singleUse.retention);
  }
  return applyDecorators(
    SetMetadata(WEBHOOK_OPTIONS, options),
    UseGuards(WebhookGuard),
    ...(options.singleUse === false ? [] : [UseInterceptors(SingleUseInterceptor)]),
  );
}

function checkMillis(option: string, value: unknown): void {
  const problem = value === undefined ? undefined : millisProblem(value);
  if (problem !== undefined) throw new ReaOptionsError(`${option} of @SignedWebhook`, `${problem}. Give milliseconds.`);
}
