import { Injectable } from '@nestjs/common';

/** Stands in for a mail provider that recognises idempotency keys. */
@Injectable()
export class Mailer {
  readonly sent = new Map<string, string>();

  send(to: string, idempotencyKey: string): void {
    this.sent.set(idempotencyKey, to);
  }
}
