import type { DeadLetterReport, NotUndoneStep } from './dead-letter.types.js';

/** `open`: somebody has to look at it. The others are closed: nothing can be done with the entry but read and purge it. */
export type DeadLetterStatus = 'open' | 'redriven' | 'resolved' | 'discarded';

/** Every {@link DeadLetterStatus}. */
export const DEAD_LETTER_STATUSES = ['open', 'redriven', 'resolved', 'discarded'] as const;

/** What failed: its message and status. */
export interface DeadLetterError {
  readonly message: string;
  readonly code: number;
}

/** One thing that happened to an entry. */
export interface DeadLetterRecord {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Who did it; of `added` the saga's handler: `Checkout/place`. */
  readonly by: string;
  readonly action: 'added' | 'extended' | 'redriven' | 'redrive-failed' | 'step-resolved' | 'resolved' | 'discarded';
  /** Which step, where the entry has several. */
  readonly step?: string;
  readonly note?: string;
  /** Of a redrive: which try of the step's compensation it was, those of the saga counted. */
  readonly attempt?: number;
  /** Of a redrive: it ran with an edited payload. */
  readonly payloadEdited?: true;
  /** Why it failed. */
  readonly error?: DeadLetterError;
}

/** An entry in a list. */
export interface DeadLetterSummary {
  readonly id: string;
  readonly status: DeadLetterStatus;
  readonly saga: string;
  readonly step: string;
  readonly kind: DeadLetterReport['kind'];
  readonly compensation: string | null;
  /** Component and handler of the saga, without the application's namespace. */
  readonly service: string;
  readonly handler: string;
  /** The object key or workflow id of the saga; null for services. */
  readonly key: string | null;
  readonly invocationId: string;
  /** Of the last try that failed, redrives included; its message is cut after 500 characters. */
  readonly error: DeadLetterError;
  /** Tries of the compensation of {@link step} so far, redrives included. */
  readonly attempts: number;
  /** When the entry was stored. ISO 8601, UTC. */
  readonly createdAt: string;
  /** When it was last worked on. ISO 8601, UTC. */
  readonly updatedAt: string;
}

/** An entry with everything that is known: the saga's report, how far operators came with it, and who did what. */
export interface DeadLetterEntry extends DeadLetterSummary, Omit<DeadLetterReport, 'error' | 'attempts'> {
  /**
   * Steps beside {@link step} that are still not undone, since the rollback stopped there, in the order in which a redrive
   * undoes them. The entry stays open until there are none.
   */
  readonly notUndone: readonly NotUndoneStep[];
  /** Names of the steps that redrives have undone, or operators have settled by hand; absent when there are none. */
  readonly settled?: readonly string[];
  /** Ids of dead letters of the same group, which have to be closed before the {@link notUndone} steps are undone. */
  readonly waitsFor?: readonly string[];
  /** From the oldest to the newest. Of more than 50 records, the first and the newest 49 are kept. */
  readonly history: readonly DeadLetterRecord[];
  /** How many records are no longer kept. */
  readonly forgottenRecords: number;
  /** The payload of the last redrive that had an edited one. {@link payload} stays what the saga reported. */
  readonly editedPayload?: unknown;
  /** Why the {@link payload} (or those of {@link notUndone} steps) could not be kept; absent when it was. */
  readonly withheld?: string;
}

/** Which entries: all conditions have to hold. */
export interface DeadLetterFilter {
  readonly status?: DeadLetterStatus | undefined;
  readonly saga?: string | undefined;
  readonly step?: string | undefined;
  readonly compensation?: string | undefined;
  /** Component of the saga, without the application's namespace. */
  readonly service?: string | undefined;
  /** Stored at or after this time; text is ISO 8601. */
  readonly since?: Date | string | undefined;
  /** Stored before this time; text is ISO 8601. */
  readonly until?: Date | string | undefined;
}

/** Which entries, and which page of them. */
export interface DeadLetterQuery extends DeadLetterFilter {
  /** Most entries of the page: 1 to 500. Default 50. */
  readonly limit?: number | undefined;
  /** {@link DeadLetterPage.cursor} of the page before. Default: the first page. */
  readonly cursor?: string | undefined;
}

/** A page of entries, the newest first. */
export interface DeadLetterPage {
  readonly entries: readonly DeadLetterSummary[];
  /** Gives the next page; absent on the last one. Entries that are added meanwhile do not shift the pages. */
  readonly cursor?: string;
}

/** Who works on an entry. */
export interface OperatorNote {
  /** The operator, for the history: 1 to 256 characters. */
  readonly by: string;
  /** Why, for the history: 1 to 2 000 characters. */
  readonly note: string;
}

/** How an entry is redriven. */
export interface RedriveOptions extends Pick<OperatorNote, 'by'> {
  readonly note?: string | undefined;
  /**
   * Given to the compensation in place of the reported payload, of the step that the redrive begins with: the first that
   * is left. JSON. Default: the reported one.
   */
  readonly payload?: unknown;
  /** As {@link payload}, for steps that come after it, by their names. */
  readonly payloads?: Readonly<Record<string, unknown>> | undefined;
}

/** How an entry, or one of its steps, is settled by hand. */
export interface ResolveOptions extends OperatorNote {
  /**
   * The one step that was undone by hand: the entry stays open while others are left, and a redrive goes on with them.
   * Default: all of them, which closes the entry.
   */
  readonly step?: string | undefined;
}

/** How a redrive ended. A failed one leaves the entry open, with what is left. */
export type RedriveResult =
  | { readonly outcome: 'redriven'; readonly entry: DeadLetterEntry }
  | { readonly outcome: 'failed'; readonly error: DeadLetterError; readonly entry: DeadLetterEntry };

/** What a purge has done. */
export interface PurgeResult {
  readonly purged: number;
  /** Whether there are further entries to purge: call it again. */
  readonly more: boolean;
}
