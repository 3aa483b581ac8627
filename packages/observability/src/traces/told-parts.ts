/** A bound on memory: an invocation that goes on in another process is never heard of again. */
const MOST_INVOCATIONS = 10_000;

/**
 * Which parts of the invocations' work have been told by a span in attempts that ended before the invocation did. The
 * journal says so, too, except of a part after which an attempt failed before it had written anything more.
 */
export class ToldParts {
  private readonly byInvocation = new Map<string, Set<string>>();

  /** The parts of an attempt that begins. */
  begin(invocationId: string): AttemptParts {
    return new AttemptParts(this.byInvocation.get(invocationId));
  }

  /** An attempt has ended, and the invocation goes on. */
  keep(invocationId: string, parts: AttemptParts): void {
    const { told } = parts;
    if (told.length === 0) return;
    const all = this.byInvocation.get(invocationId) ?? new Set();
    this.byInvocation.set(invocationId, all);
    for (const id of told) all.add(id);
    if (this.byInvocation.size > MOST_INVOCATIONS) this.forget(this.byInvocation.keys().next().value!);
  }

  /** The invocation has ended. */
  forget(invocationId: string): void {
    this.byInvocation.delete(invocationId);
  }
}

/** The parts of one attempt. Most attempts are the only one: then names are all that is kept of a part. */
export class AttemptParts {
  private readonly names: string[] = [];
  private readonly toldNow: number[] = [];
  /** While it grows with the names; else made when it is asked for. */
  private readonly ids: PartIds | undefined;

  /** @param before what earlier attempts have told */
  constructor(private readonly before: ReadonlySet<string> | undefined) {
    if (before) this.ids = new PartIds();
  }

  /** A part begins. Gives its number. */
  add(name: string): number {
    this.ids?.add(name);
    return this.names.push(name) - 1;
  }

  /** Whether an earlier attempt has told a part. */
  wasTold(part: number): boolean {
    return this.before?.has(this.ids!.of(part)) ?? false;
  }

  /** Whether a part is told for the first time. */
  tell(part: number): boolean {
    if (this.wasTold(part)) return false;
    this.toldNow.push(part);
    return true;
  }

  /** What was told, by names that the next attempt has for it as well. */
  get told(): string[] {
    const ids = this.ids ?? new PartIds(this.names);
    return this.toldNow.map((part) => ids.of(part));
  }
}

/** Parts of one name are told apart by their order. */
class PartIds {
  private readonly ids: string[] = [];
  private readonly counts = new Map<string, number>();

  constructor(names: readonly string[] = []) {
    for (const name of names) this.add(name);
  }

  add(name: string): void {
    const count = (this.counts.get(name) ?? 0) + 1;
    this.counts.set(name, count);
    this.ids.push(`${name}#${count}`);
  }

  of(part: number): string {
    return this.ids[part]!;
  }
}
