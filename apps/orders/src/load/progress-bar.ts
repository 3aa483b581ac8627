const WIDTH = 40;

/** A bar in a terminal; elsewhere a line for every tenth. */
export class ProgressBar {
  private done = 0;

  constructor(
    private readonly total: number,
    private readonly output: NodeJS.WriteStream,
  ) {}

  advance(): void {
    this.done += 1;
    if (this.output.isTTY) this.draw();
    else if (this.tenth(this.done) > this.tenth(this.done - 1)) this.output.write(`${this.text()}\n`);
  }

  private draw(): void {
    const filled = Math.round((this.done / this.total) * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.output.write(`\r${bar} ${this.text()}${this.done === this.total ? '\n' : ''}`);
  }

  private text(): string {
    return `${this.done} of ${this.total} orders (${Math.round((this.done / this.total) * 100)} %)`;
  }

  private tenth(done: number): number {
    return Math.floor((done / this.total) * 10);
  }
}
