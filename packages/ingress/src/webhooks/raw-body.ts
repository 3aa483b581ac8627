import { UnsupportedMediaTypeException } from '@nestjs/common';
import { WebhookSetupError } from './webhook.errors.js';

/** What is read of the HTTP platform's request. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawBody?: unknown;
  readonly body?: unknown;
}

/**
 * The body as it came over the wire, which is what is signed: parsed and written again, it would have other bytes.
 *
 * @throws WebhookSetupError (REA4010) when the application does not keep it; UnsupportedMediaTypeException for a body
 *   that no parser of the application takes
 */
export function rawBodyOf({ rawBody, body, headers }: WebhookRequest): Buffer {
  for (const bytes of [rawBody, body]) if (Buffer.isBuffer(bytes)) return bytes;
  const { 'content-length': length, 'transfer-encoding': encoding } = headers;
  if (encoding === undefined && (length === undefined || length === '0')) return Buffer.alloc(0);
  if (body === undefined) throw new UnsupportedMediaTypeException();
  throw new WebhookSetupError(
    'REA4010',
    'A signed webhook needs the bytes of the body, and the application keeps only what it has parsed. Create it with NestFactory.create(AppModule, { rawBody: true }).',
  );
}

/** A header of the request. */
export function headerOf({ headers }: WebhookRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
