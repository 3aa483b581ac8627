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
  /** By the branch that has started it: the end of one looks at nothing of the others. */
  private readonly parts = new Map<Branch | undefined, OpenPart[]>();
  private size = 0;
  /** Futures made of others that somebody waits for, or has waited for. */
  private awaited: Combined[] = [];
  private limit = MANY;

  add(ending: Ending, what: string | Call, mode: PolicyMode, section?: Section): void {
    const branch = currentBranch.current;
    const part = { ending, what, mode, section, branch };
    const own = this.parts.get(branch);
    if (own) own.push(part);
    else this.parts.set(branch, [part]);
    this.size += 1;
    this.dropIfMany();
  }

  /** Somebody waits for a future. One of a single part ends by itself, or is given up. */
  await(future: RestatePromise<unknown>): void {
    const combined = future as Partial<Combined>;
    if (!(combined.childs ?? combined.inner) || this.size === 0) return;
    this.awaited.push(combined as Combined);
    this.dropIfMany();
  }

  /**
   * Takes out what is left open and was not awaited: it has not ended, and nobody has waited for it until something else
   * ended the wait, the winner of a race, a deadline or a cancellation.
   */
  takeOpen(isOwn: (part: OpenPart) => boolean = () => true): readonly OpenPart[] {
    // As nearly always.
    if ([...this.parts.values()].every((parts) => parts.every(isOver))) {
      this.clear();
      return NONE;
    }
    this.drop();
    const open: OpenPart[] = [];
    this.keep((part) => !isOwn(part) || open.push(part) === 0);
    return open;
  }

  /** As {@link takeOpen}, of what a branch has started. */
  takeOpenOf(branch: Branch): readonly OpenPart[] {
    const own = this.parts.get(branch);
    if (!own) return NONE;
    if (!own.every(isOver)) this.drop();
    const open = this.parts.get(branch)?.filter((part) => !isOver(part)) ?? NONE;
    this.size -= this.parts.get(branch)?.length ?? 0;
    this.parts.delete(branch);
    if (this.size === 0) this.clear();
    return open;
  }

  private dropIfMany(): void {
    if (this.size + this.awaited.length > this.limit) this.drop();
  }

  private drop(): void {
    const settled = new Set<object>();
    this.awaited = this.awaited.filter((future) => {
      const isAwaited = !isGivenUp(future) && future.unresolvedFuture() !== null;
      if (!isAwaited) for (const part of partsOf(future)) settled.add(part);
      return isAwaited;
    });
    this.keep(
      (part) => !isOver(part) && !isGivenUp(part.ending) && !settled.has(part.ending) && !part.branch?.isAbandoned,
    );
    this.limit = 2 * (this.size + this.awaited.length) + MANY;
  }

  private keep(isKept: (part: OpenPart) => boolean): void {
    this.size = 0;
    for (const [branch, parts] of this.parts) {
      const kept = parts.filter(isKept);
      if (kept.length === 0) this.parts.delete(branch);
      else this.parts.set(branch, kept);
      this.size += kept.length;
    }
    if (this.size === 0) this.clear();
  }

  /** With nothing open, what is waited for says nothing. */
  private clear(): void {
    this.parts.clear();
    this.size = 0;
    this.awaited.length = 0;
    this.limit = MANY;
  }
}

function isOver({ ending }: OpenPart): boolean {
  return hasEnded(ending);
}

function hasEnded(ending: Ending): boolean {
  const id = ending.invocationId as Partial<Ending> | undefined;
  return ending.isCompleted() || (id?.isCompleted?.() ?? false);
}

function partsOf(future: Combined): object[] {
  const { inner, childs = [] } = future;
  return [future, ...(inner ? partsOf(inner) : []), ...childs.flatMap(partsOf)];
}
