import { createHash, webcrypto } from 'node:crypto';
import { DeadlineError, mapConcurrent, parallel, run, withDeadline } from '@rea/core';
import type { Context } from '@restatedev/restate-sdk';
import { Effects, Fault } from './fault.js';
import type { Stage } from './stage.js';

/** A step of a random branch program; its `id` is unique in the program. */
type Step =
  | { readonly kind: 'run' | 'digest' | 'fault'; readonly id: string }
  | { readonly kind: 'sleep' | 'call' | 'failing-call' | 'timeout'; readonly id: string; readonly ms: number }
  | { readonly kind: 'parallel'; readonly id: string; readonly branches: readonly Program[] }
  | { readonly kind: 'map'; readonly id: string; readonly limit: number; readonly items: readonly Program[] }
  /** Its deadline never passes. */
  | { readonly kind: 'deadline'; readonly id: string; readonly program: Program }
  /** Its deadline may pass anywhere. There are no runs in it. */
  | { readonly kind: 'cut'; readonly id: string; readonly ms: number; readonly branches: readonly Program[] };

export type Program = readonly Step[];

/** Random numbers that are the same for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** A program of nested branches, always the same one for a seed. */
export function randomProgram(seed: number): Program {
  const next = random(seed);
  let ids = 0;
  const program = (depth: number): Program => Array.from({ length: 1 + next(4) }, () => step(depth));
  const programs = (depth: number) => Array.from({ length: next(5) }, () => program(depth + 1));
  const waits = (): Program => Array.from({ length: 1 + next(4) }, wait);
  const wait = (): Step => {
    const id = `s${(ids += 1)}`;
    const kind = (['sleep', 'call', 'failing-call', 'timeout'] as const)[next(4)]!;
    return next(8) === 0 ? { kind: 'parallel', id, branches: [waits(), waits()] } : { kind, id, ms: next(15) };
  };
  const step = (depth: number): Step => {
    const id = `s${(ids += 1)}`;
    const ms = next(15);
    switch (next(depth < 3 ? 14 : 8)) {
      case 0:
        return { kind: 'sleep', id, ms };
      case 1:
        return { kind: 'call', id, ms };
      case 2:
        return { kind: 'failing-call', id, ms };
      case 3:
        return { kind: 'digest', id };
      case 4:
        return { kind: 'timeout', id, ms };
      case 5:
        return { kind: next(3) === 0 ? 'fault' : 'run', id };
      case 6:
      case 7:
        return { kind: 'run', id };
      case 8:
        return { kind: 'map', id, limit: 1 + next(3), items: programs(depth) };
      case 9:
        return { kind: 'deadline', id, program: program(depth + 1) };
      case 10:
        return { kind: 'cut', id, ms: next(40), branches: [waits(), waits()] };
      default:
        return { kind: 'parallel', id, branches: programs(depth) };
    }
  };
  return [{ kind: 'parallel', id: 'root', branches: [program(1), program(1), program(1)] }, ...program(1)];
}

/** What a program must give, by plain computation. */
export function expectedResult(program: Program): unknown {
  return program.map((step) => {
    switch (step.kind) {
      case 'parallel':
        return step.branches.map(expectedResult);
      case 'map':
        return step.items.map(expectedResult);
      case 'deadline':
        return expectedResult(step.program);
      case 'digest':
        return createHash('sha256').update(step.id).digest('hex');
      default:
        return `${step.kind} ${step.id}`;
    }
  });
}

/** The names of all runs of a program. */
export function runsOf(program: Program): string[] {
  return program.flatMap((step) => {
    if (step.kind === 'parallel') return step.branches.flatMap(runsOf);
    if (step.kind === 'map') return step.items.flatMap(runsOf);
    if (step.kind === 'deadline') return runsOf(step.program);
    return step.kind === 'run' ? [step.id] : [];
  });
}

/** Plays a program in a handler, attempt by attempt, and remembers in which order each attempt did what. */
export class Player {
  readonly effects = new Effects();
  /** Per attempt, the steps in the order in which they began and ended. */
  readonly traces: string[][] = [];
  private readonly faults = new Map<string, Fault>();

  async play(program: Program, ctx: Context, stage: Stage): Promise<unknown> {
    const trace: string[] = [];
    this.traces.push(trace);
    return this.steps(program, ctx, stage, trace);
  }

  private async steps(program: Program, ctx: Context, stage: Stage, trace: string[]): Promise<unknown[]> {
    const results: unknown[] = [];
    for (const each of program) {
      trace.push(`begin ${each.id}`);
      results.push(await this.step(each, ctx, stage, trace));
      trace.push(`end ${each.id}`);
    }
    return results;
  }

  private async step(step: Step, ctx: Context, stage: Stage, trace: string[]): Promise<unknown> {
    const done = `${step.kind} ${step.id}`;
    switch (step.kind) {
      case 'run':
        return run(ctx, step.id, () => this.effects.happen(step.id, done));
      case 'sleep':
        await ctx.sleep(step.ms);
        return done;
      case 'call':
        return stage.worker.call.work({ after: step.ms, answer: done });
      case 'failing-call':
        return stage.worker.call.fail({ after: step.ms, message: done }).catch((error: Error) => error.message);
      case 'timeout':
        return stage.worker.call
          .work({ after: 60_000, answer: 'never' })
          .orTimeout(step.ms)
          .catch(() => done);
      case 'digest': {
        const digest = await webcrypto.subtle.digest('SHA-256', Buffer.from(step.id));
        return Buffer.from(digest).toString('hex');
      }
      case 'fault': {
        const fault = this.faults.get(step.id) ?? new Fault();
        this.faults.set(step.id, fault);
        fault.strike();
        return done;
      }
      case 'parallel':
        return parallel(
          ctx,
          step.branches.map((branch) => () => this.steps(branch, ctx, stage, trace)),
        );
      case 'deadline':
        return withDeadline(ctx, { hours: 1 }, () => this.steps(step.program, ctx, stage, trace));
      case 'cut': {
        const branches = step.branches.map((branch) => () => this.steps(branch, ctx, stage, trace));
        const work = withDeadline(ctx, step.ms, () => parallel(ctx, branches));
        return work.then(
          () => done,
          (error: unknown) => {
            if (!(error instanceof DeadlineError)) throw error;
            trace.push(`cut ${step.id}`);
            return done;
          },
        );
      }
      case 'map':
        return mapConcurrent(ctx, step.items, step.limit, (item) => this.steps(item, ctx, stage, trace));
    }
  }
}
