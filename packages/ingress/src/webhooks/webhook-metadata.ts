import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { SignedWebhookOptions } from './signed-webhook.options.js';

const reflector = new Reflector();

export const WEBHOOK_OPTIONS = Symbol('REA_WEBHOOK_OPTIONS');

/** What `@SignedWebhook` was given, on the method or on its class. */
export function webhookOptionsOf(context: ExecutionContext): SignedWebhookOptions {
  return reflector.getAllAndOverride<SignedWebhookOptions>(WEBHOOK_OPTIONS, [context.getHandler(), context.getClass()]);
}

/** What deliveries are remembered under. */
export function receiverOf(context: ExecutionContext): string {
  return webhookOptionsOf(context).name ?? `${context.getClass().name}.${context.getHandler().name}`;
}
