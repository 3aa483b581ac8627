import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Settings } from '../../config/settings.js';
import { LedgerEntry } from './ledger-entry.schema.js';

/**
 * The stand-in's books: a file with a line of JSON for each answer, read at start and only ever appended to.
 *
 * Writes are synchronous, so that no other request comes between looking a key up and writing the answer down. They are
 * in the file, for a killed process too, before the answer is given.
 */
@Injectable()
export class LedgerStore implements OnModuleInit, OnApplicationShutdown {
  private readonly file: string;
  private readonly byKey = new Map<string, LedgerEntry>();
  private readonly byOrder = new Map<string, LedgerEntry[]>();
  private descriptor: number | undefined;

  constructor(config: ConfigService<Settings, true>) {
    this.file = join(config.get('DATA_DIRECTORY', { infer: true }), 'payments.ndjson');
  }

  onModuleInit(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    const text = existsSync(this.file) ? readFileSync(this.file, 'utf8') : '';
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of complete.split('\n').filter(Boolean)) this.remember(LedgerEntry.parse(JSON.parse(line)));
    this.descriptor = openSync(this.file, 'a');
    // Half a line is an answer that nobody got: whoever asked will ask again.
    if (complete.length < text.length) ftruncateSync(this.descriptor, Buffer.byteLength(complete));
  }

  onApplicationShutdown(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** The answer that a key got before. */
  find(idempotencyKey: string): LedgerEntry | undefined {
    return this.byKey.get(idempotencyKey);
  }

  /** Everything that was answered about an order, oldest first. */
  ofOrder(orderId: string): readonly LedgerEntry[] {
    return this.byOrder.get(orderId) ?? [];
  }

  /** Every answer so far. */
  all(): Iterable<LedgerEntry> {
    return this.byKey.values();
  }

  append(entry: LedgerEntry): void {
    if (this.descriptor === undefined) throw new Error('The ledger is closed.');
    writeSync(this.descriptor, `${JSON.stringify(entry)}\n`);
    this.remember(entry);
  }

  private remember(entry: LedgerEntry): void {
    this.byKey.set(entry.idempotencyKey, entry);
    this.byOrder.set(entry.orderId, [...this.ofOrder(entry.orderId), entry]);
  }
}
