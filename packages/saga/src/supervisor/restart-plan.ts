/** An entry of a journal, as the server's table has it. */
export interface JournalEntry {
  readonly index: number;
  readonly entry_type: string;
  readonly name?: string;
  readonly entry_lite_json?: string;
}

/**
 * How a copy of a killed invocation can take over its journal. `from`: up to that entry. `nothing`: it had only its input.
 * `gone`: there is no journal any more. `unsafe`: the copy would do again what `what` names and was done.
 */
export type RestartPlan =
  | { readonly kind: 'from'; readonly index: number }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unsafe'; readonly what: string; readonly after: string };

/** Commands that have an effect outside of the invocation. */
const EFFECTS = ['Command: Run', 'Command: Call', 'Command: OneWayCall'];

/** The signal with which Restate cancels. */
const CANCEL = 1;

/**
 * Restate copies a journal up to an entry, if no command before it lacks its completion. What was done after the first
 * such command (a timer that had not fired, an action under way) would be done again; in a rollback that was cancelled
 * into, this is what compensations are made for.
 *
 * @param journal in its order
 */
export function planRestart(journal: readonly JournalEntry[]): RestartPlan {
  if (journal.length === 0) return { kind: 'gone' };
  const entries = journal.map((row) => ({ ...row, details: detailsOf(row) }));
  const completed = new Set(entries.map(({ details }) => details.notified).filter((id) => id !== undefined));
  const isComplete = ({ details }: (typeof entries)[number]) => details.needs.every((id) => completed.has(id));
  const commands = entries.filter(({ entry_type: type }) => type.startsWith('Command: ') && type !== 'Command: Input');
  if (commands.length === 0) return { kind: 'nothing' };
  const open = commands.find((entry) => !isComplete(entry));
  if (!open) return { kind: 'from', index: journal.at(-1)!.index };
  const cancelled = entries.find(({ details }) => details.isCancel)?.index ?? Infinity;
  const lost = commands.find(
    (entry) =>
      entry.index > open.index &&
      entry.index < cancelled &&
      EFFECTS.includes(entry.entry_type) &&
      (entry.entry_type === 'Command: OneWayCall' || isComplete(entry)),
  );
  if (lost) return { kind: 'unsafe', what: describe(lost), after: describe(open) };
  return { kind: 'from', index: open.index - 1 };
}

interface Details {
  /** Completions that the command waits for. */
  readonly needs: readonly number[];
  /** The completion that the notification is. */
  readonly notified: number | undefined;
  readonly isCancel: boolean;
}

function detailsOf({ entry_lite_json: json }: JournalEntry): Details {
  const entry = (json === undefined ? {} : JSON.parse(json)) as {
    readonly Command?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly Notification?: { readonly id?: { readonly CompletionId?: number; readonly SignalIndex?: number } };
  };
  const command = Object.values(entry.Command ?? {})[0] ?? {};
  const id = entry.Notification?.id;
  return {
    needs: Object.entries(command)
      .filter(([key, value]) => key.endsWith('completion_id') && typeof value === 'number')
      .map(([, value]) => value as number),
    notified: id?.CompletionId,
    isCancel: id?.SignalIndex === CANCEL,
  };
}

function describe({ entry_type: type, name }: JournalEntry): string {
  const what = type.replace('Command: ', '').toLowerCase();
  return name ? `${what} "${name}"` : what;
}
