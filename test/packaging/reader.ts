import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyDiff, type Step } from './guide.js';
import { Running, type RunningOptions } from './running.js';
import { StandIns } from './stand-ins.js';

const START = 'npm start';

/**
 * Follows a guide on a keyboard with two terminals: the application runs in one, everything else is typed in the other.
 * What the guide shows has to come out, lines of the Nest log in the first, everything else in the second.
 */
export class Reader {
  private readonly started: Running[] = [];
  private readonly apps: Running[] = [];
  private shell: Running | undefined;
  private folder: string;
  private seen = 0;

  /**
   * @param translate what the guide says to what is typed, for example a package that is not in the registry to a file
   * @param standIns what is known of the run from the start
   */
  constructor(
    private readonly options: RunningOptions,
    private readonly standIns: StandIns,
    private readonly translate: (command: string) => string,
  ) {
    this.folder = options.cwd;
  }

  /** What the application has logged in all of its runs. */
  get log(): string[] {
    return this.apps.flatMap(({ lines }) => lines);
  }

  async follow(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.take(step);
  }

  /** Leaves nothing running. */
  async close(): Promise<void> {
    await Promise.all(this.started.map((running) => running.stop()));
  }

  private async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'file':
        writeFileSync(join(this.folder, step.path), step.text);
        return;
      case 'patch': {
        const path = join(this.folder, step.path);
        writeFileSync(path, applyDiff(readFileSync(path, 'utf8'), step.diff));
        return;
      }
      case 'command':
        return this.type(step.command);
      case 'output':
        return this.expect(step.lines);
      default:
        step satisfies never;
    }
  }

  private async type(command: string): Promise<void> {
    if (command.startsWith('cd ')) {
      this.folder = join(this.folder, command.slice(3));
      return;
    }
    if (command.startsWith('# Ctrl-C')) {
      this.apps.at(-1)?.signal('SIGINT');
      return;
    }
    if (command === START) {
      await this.apps.at(-1)?.exit();
      this.seen = 0;
      this.apps.push(this.run(command));
      return;
    }
    const [, foreground, background] = /^(.*?)( &)?$/.exec(command) ?? [];
    const previous = this.shell;
    const running = this.run(foreground ?? command);
    // The output of a background job comes between later commands, of which "kill" has none of its own.
    this.shell = previous && command.startsWith('kill ') ? previous : running;
    if (background === undefined && (await running.exit()) !== 0) {
      throw new Error(`"${command}" failed:\n${running.text}`);
    }
  }

  private async expect(lines: readonly string[]): Promise<void> {
    for (const shown of lines) {
      const passes = (line: string) => this.standIns.matches(shown, line);
      const app = this.apps.at(-1);
      if (app && shown.startsWith('[Nest]')) this.seen = 1 + (await app.line(shown, passes, this.seen));
      else await this.shell?.line(shown, passes);
    }
  }

  private run(command: string): Running {
    const typed = this.translate(this.standIns.substitute(command));
    const running = new Running(typed, { ...this.options, cwd: this.folder });
    this.started.push(running);
    return running;
  }
}
