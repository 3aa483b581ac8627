import type { TerminalError } from '@restatedev/restate-sdk';
import { Ambient } from '../ambient.js';
import { type Stretch, UNWATCHED } from '../instrumentation/instrumentation.js';

const ambient = new Ambient<Section>();

const NOTHING = Promise.resolve();

/** A part of an attempt's code: what it starts is told from what other code starts, also when both go on at once. */
export class Section {
  /** Interruptions are not for it, nor for its callees. */
  isShielded = false;
  /** Somebody counts its tries: the server does not retry a run of it that has no limit of its own. */
  countsTries = false;
  /** It has ended, and what it has started ends too, without a further try. */
  isSettling = false;
  /** Its deadline has passed. */
  isLate = false;
  /** Code of it that nobody awaits does not go on: what it has done is being undone. */
  isClosed = false;
  /** It ends with what fails in it unawaited: with {@link failure}. */
  takesFailures = false;
  /** What code of it that nobody awaits has failed with. */
  failure: TerminalError | undefined;
  private readonly parent = ambient.current;

  /** The innermost section of the calling code. */
  static get current(): Section | undefined {
    return ambient.current;
  }

  /** The innermost section of the calling code that ends with what fails in it unawaited. */
  static get failing(): Section | undefined {
    for (let section = ambient.current; section; section = section.parent) if (section.takesFailures) return section;
    return undefined;
  }

  /** Runs a function, and all that it starts, in this section. */
  run<T>(fn: () => T): T {
    return ambient.run(this, fn);
  }

  /**
   * As {@link run}, in a task of its own: its end needs no making of the outer section anew.
   *
   * @param stretch that the function is the content of
   */
  async begin<T>(fn: () => T | PromiseLike<T>, stretch: Stretch = UNWATCHED): Promise<T> {
    await NOTHING;
    const { within } = stretch;
    ambient.enter(this, within);
    // What the function returns is waited for in the section, too.
    return within ? fn() : stretch.run(fn);
  }

  /** The innermost section of a kind, of the calling code. */
  static nearest<S extends Section>(kind: abstract new (...args: never[]) => S): S | undefined {
    for (let section = ambient.current; section; section = section.parent) {
      if (section instanceof kind) return section;
    }
    return undefined;
  }

  /** Whether something holds for this section or for one around it. */
  some(predicate: (section: Section) => boolean): boolean {
    return predicate(this) || (this.parent?.some(predicate) ?? false);
  }

  contains(section: Section | undefined): boolean {
    return section?.some((each) => each === this) ?? false;
  }
}
