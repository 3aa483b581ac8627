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
  private readonly works: StartedWork[] = [];
  /** Made when it is asked for: most attempts only ask for the latest. */
  private byHandle: Map<number, StartedWork> | undefined;

  constructor(private readonly machine: Machine) {}

  get count(): number {
    return this.works.length;
  }

  add(future: SingleFuture, section: Section | undefined): void {
    // What could not be started, since the attempt ends, has no handle.
    if (future.handle === undefined) return;
    this.works.push({ future, section, ordinal: this.works.length });
    this.byHandle = undefined;
  }

  /** Whether a handle is one of theirs; of those of a section, if one is given. */
  has(handle: number, within?: Section): boolean {
    const work = this.find(handle);
    return work !== undefined && (!within || within.contains(work.section));
  }

  /** Those that have not ended, of a section if one is given. */
  unsettled(within?: Section): SingleFuture[] {
    return this.works
      .filter(({ future, section }) => !hasEnded(this.machine, future) && (!within || within.contains(section)))
      .map(({ future }) => future);
  }

  /** The lowest ordinal among those that a future is made of; undefined when it is made of none. */
  ordinalOf(future: unknown): number | undefined {
    const latest = this.works.at(-1);
    if ((latest?.future as unknown) === future) return latest?.ordinal;
    const ordinals = this.partsOf(future as Combined | undefined).map(({ ordinal }) => ordinal);
    return ordinals.length === 0 ? undefined : Math.min(...ordinals);
  }

  private find(handle: number): StartedWork | undefined {
    this.byHandle ??= new Map(this.works.map((work) => [work.future.handle, work]));
    return this.byHandle.get(handle);
  }

  private partsOf(future: Combined | undefined): StartedWork[] {
    if (typeof future !== 'object' || future === null) return [];
    const { handle, inner, childs = [] } = future;
    const own = handle === undefined ? undefined : this.find(handle);
    const parts = [inner, ...childs].flatMap((part) => this.partsOf(part));
    return own && (own.future as unknown) === future ? [own, ...parts] : parts;
  }
}

export function isCall(future: SingleFuture): future is SingleFuture & CallFuture {
  return 'invocationId' in future;
}
