/** The values of a metric's labels. */
export type LabelValues<L extends string> = Readonly<Record<L, string | number>>;

/** A branch by label values, in the order of the labels. */
type Branch<Cell> = Map<string | number, Branch<Cell> | Cell>;

/** What is kept of each series of a metric, found by its labels without making a text of them. */
export class LabelTree<L extends string, Cell extends object> {
  /** In the order in which they were first asked for. */
  readonly cells: Cell[] = [];
  private readonly root: Branch<Cell> = new Map();
  /** By the labels as they are served: 200 and '200' are one. */
  private readonly byText = new Map<string, Cell>();
  /** Of a metric without labels. */
  private readonly only: Cell | undefined;

  /** @param create makes what is kept of a series; it is given the labels alone, whatever else they came with */
  constructor(
    private readonly names: readonly L[],
    private readonly create: (labels: LabelValues<L>) => Cell,
  ) {
    if (names.length === 0) this.only = this.made({} as LabelValues<L>);
  }

  at(labels: LabelValues<L>): Cell {
    if (this.only) return this.only;
    let found: Branch<Cell> | Cell = this.root;
    for (const name of this.names) {
      const next: Branch<Cell> | Cell | undefined = (found as Branch<Cell>).get(labels[name]);
      if (!next) return this.begin(labels);
      found = next;
    }
    return found as Cell;
  }

  private begin(labels: LabelValues<L>): Cell {
    const given = this.names.filter((name) => labels[name] !== undefined);
    const own = Object.fromEntries(given.map((name) => [name, labels[name]])) as Record<L, string | number>;
    const text = JSON.stringify(given.map((name) => [name, String(own[name])]));
    const cell = this.byText.get(text) ?? this.made(own);
    this.byText.set(text, cell);
    let branch = this.root;
    for (const name of this.names.slice(0, -1)) {
      const next = (branch.get(labels[name]) as Branch<Cell> | undefined) ?? new Map<string | number, never>();
      branch.set(labels[name], next);
      branch = next;
    }
    branch.set(labels[this.names.at(-1)!], cell);
    return cell;
  }

  private made(labels: LabelValues<L>): Cell {
    const cell = this.create(labels);
    this.cells.push(cell);
    return cell;
  }
}
