import { Injectable } from '@nestjs/common';

/** Stands for the airline, the hotel and the bank: what was booked and paid, by idempotency key. */
@Injectable()
export class Agency {
  readonly log: string[] = [];
  /** What does not work at the moment. */
  readonly broken = new Set<string>();
  private readonly known = new Map<string, string>();

  async ask(what: string, idempotencyKey: string): Promise<string> {
    if (this.broken.has(what)) throw new Error(`${what} does not answer`);
    const known = this.known.get(idempotencyKey);
    if (known !== undefined) return known;
    const reference = `${what}-${this.known.size + 1}`;
    this.known.set(idempotencyKey, reference);
    this.log.push(what);
    return reference;
  }
}
