import { hasEnded, type Machine } from './ended.js';
import type { CallFuture } from './sent-call.js';
import type { Section } from './section.js';
import type { SingleFuture } from './watched-future.js';

/** A run or a call that was started in an attempt. */
export interface StartedWork {
  readonly future: SingleFuture;
  /** The part of the code that has started it. */
  readonly section: Section | undefined;
  /** From 0, in the order in which they were started. */
  readonly ordinal: number;
}

/** What a combination of futures is made of, as the SDK keeps it. */
interface Combined {
  readonly handle?: number;
  readonly inner?: Combined;
  readonly childs?: readonly Combined[];
}

/** The runs and calls of an attempt, in the order in which they were started. */
export class StartedWorks {
  private readonly byHandle = new Map<number, StartedWork>();

  constructor(private readonly machine: Machine) {}

  get count(): number {
    return this.byHandle.size;
  }

  add(future: SingleFuture, section: Section | undefined): void {
    const { handle } = future;
    // What could not be started, since the attempt ends, has none.
    if (handle !== undefined) this.byHandle.set(handle, { future, section, ordinal: this.byHandle.size });
  }

  /** Whether a handle is one of theirs; of those of a section, if one is given. */
  has(handle: number, within?: Section): boolean {
    const work = this.byHandle.get(handle);
    return work !== undefined && (!within || within.contains(work.section));
  }

  /** Those that have not ended, of a section if one is given. */
  unsettled(within?: Section): SingleFuture[] {
    return [...this.byHandle.values()]
      .filter(({ future, section }) => !hasEnded(this.machine, future) && (!within || within.contains(section)))
      .map(({ future }) => future);
  }

  /** The lowest ordinal among those that a future is made of; undefined when it is made of none. */
  ordinalOf(future: unknown): number | undefined {
    const own = this.byHandle.get((future as Combined | undefined)?.handle ?? -1);
    if ((own?.future as unknown) === future) return own?.ordinal;
    const ordinals = this.partsOf(future as Combined | undefined).map(({ ordinal }) => ordinal);
    return ordinals.length === 0 ? undefined : Math.min(...ordinals);
  }

  private partsOf(future: Combined | undefined): StartedWork[] {
    if (typeof future !== 'object' || future === null) return [];
    const { handle, inner, childs = [] } = future;
    const own = handle === undefined ? undefined : this.byHandle.get(handle);
    const parts = [inner, ...childs].flatMap((part) => this.partsOf(part));
    return own && (own.future as unknown) === future ? [own, ...parts] : parts;
  }
}

export function isCall(future: SingleFuture): future is SingleFuture & CallFuture {
  return 'invocationId' in future;
}
