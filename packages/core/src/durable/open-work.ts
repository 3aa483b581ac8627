import type { GenericCall, RestatePromise } from '@restatedev/restate-sdk';
import type { PolicyMode } from '../policy/policy.types.js';
import { type Branch, currentBranch } from './concurrency/branch.js';
import { isGivenUp } from './given-up.js';
import type { Section } from './section.js';

/** From how many on what has ended is dropped. */
const MANY = 64;

const NONE: readonly OpenPart[] = [];

/** Something with an end. */
interface Ending {
  isCompleted(): boolean;
  /** Of a call: whoever has awaited it follows the call otherwise. */
  readonly invocationId?: Promise<unknown>;
}

/** A future that is made of others, as the SDK keeps it. */
interface Combined {
  readonly inner?: Combined;
  readonly childs?: readonly Combined[];
  unresolvedFuture(): unknown;
}

type Call = GenericCall<unknown, unknown>;

/** Something that was started in an attempt, and is to be awaited by whoever has started it. */
export interface OpenPart {
  readonly ending: Ending;
  /** For messages: `the run "charge"`; a call as it was made. */
  readonly what: string | Call;
  /** The policy where it was started, of the rule that speaks of it. */
  readonly mode: PolicyMode;
  readonly section: Section | undefined;
  readonly branch: Branch | undefined;
}

/** What an attempt has started, to know what was not awaited when the code that has started it returns. */
export class OpenWork {
  private parts: OpenPart[] = [];
  /** Futures made of others that somebody waits for, or has waited for. */
  private awaited: Combined[] = [];
  private limit = MANY;

  add(ending: Ending, what: string | Call, mode: PolicyMode, section?: Section): void {
    this.parts.push({ ending, what, mode, section, branch: currentBranch.current });
    if (this.parts.length + this.awaited.length > this.limit) this.drop();
  }

  /** Somebody waits for a future. One of a single part ends by itself, or is given up. */
  await(future: RestatePromise<unknown>): void {
    const combined = future as Partial<Combined>;
    if (combined.childs ?? combined.inner) this.awaited.push(combined as Combined);
  }

  /**
   * Takes out what is left open and was not awaited: it has not ended, and nobody has waited for it until something else
   * ended the wait, the winner of a race, a deadline or a cancellation.
   */
  takeOpen(isOwn: (part: OpenPart) => boolean = () => true): readonly OpenPart[] {
    // As nearly always.
    if (this.parts.every(({ ending }) => hasEnded(ending))) {
      this.parts.length = 0;
      return NONE;
    }
    this.drop();
    const open = this.parts.filter(isOwn);
    this.parts = this.parts.filter((part) => !open.includes(part));
    return open;
  }

  private drop(): void {
    const over = this.awaited.filter((future) => isGivenUp(future) || future.unresolvedFuture() === null);
    const settled = new Set(over.flatMap(partsOf));
    this.parts = this.parts.filter(
      ({ ending, branch }) => !hasEnded(ending) && !isGivenUp(ending) && !settled.has(ending) && !branch?.isAbandoned,
    );
    this.awaited = this.awaited.filter((future) => !over.includes(future));
    this.limit = 2 * (this.parts.length + this.awaited.length) + MANY;
  }
}

function hasEnded(ending: Ending): boolean {
  const id = ending.invocationId as Partial<Ending> | undefined;
  return ending.isCompleted() || (id?.isCompleted?.() ?? false);
}

function partsOf(future: Combined): object[] {
  const { inner, childs = [] } = future;
  return [future, ...(inner ? partsOf(inner) : []), ...childs.flatMap(partsOf)];
}
