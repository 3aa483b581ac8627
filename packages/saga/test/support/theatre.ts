import { type SagaModuleOptions, SagaModule, sagaReportOf, type SagaReport } from '@rea/saga';
import { createTestApp, type ReaTestApp, sharedServer } from '@rea/testing';
import type { Context } from '@restatedev/restate-sdk';
import type { DeadLetterReport } from '@rea/saga';
import { until } from '../../../core/test/support/until.js';
import { DeadLetterQueue } from '../../src/dead-letters/dead-letter-queue.js';
import { Callees, FlowStage, Ledger, ObjectStage, Stage, Undoing } from './components.js';
import type { Play } from './play.js';
import { addScene, type Scene } from './scenes.js';

/** Which cancellation a handler has: the SDK's own, or the explicit one. */
export const MODES = ['implicit', 'explicit'] as const;
export type Mode = (typeof MODES)[number];

/** How an invocation ended. */
export interface Ending {
  readonly value?: unknown;
  readonly status?: number;
  readonly message?: string;
  readonly report?: SagaReport;
}

/** An invocation under way. */
export class Performance {
  constructor(
    private readonly app: ReaTestApp,
    readonly id: string,
    /** The object's key, or the workflow's id. */
    readonly key: string,
    private readonly end: () => Promise<unknown>,
  ) {}

  /** Waits for its end. */
  async ending(): Promise<Ending> {
    try {
      return { value: await this.end() };
    } catch (error) {
      const report = sagaReportOf(error);
      const { status, message } = error as { readonly status: number; readonly message: string };
      return { status, message, ...(report ? { report } : {}) };
    }
  }

  /** Cancels it, and waits until the cancellation is in its journal. */
  async cancel(): Promise<void> {
    const before = await this.signals();
    await this.app.cancel(this.id);
    await until(async () => (await this.signals()) > before, 'The cancellation is not in the journal.');
  }

  /** Waits until the journal has an entry of this type and, if given, name. */
  async reaches(type: string, name?: string): Promise<void> {
    const find = async () =>
      (await this.app.journal(this.id)).some(
        (row) => row.entry_type === type && (name === undefined || row.name === name),
      );
    await until(find, `The journal has no ${type} ${name ?? ''}.`);
  }

  private async signals(): Promise<number> {
    return (await this.app.journal(this.id)).filter((row) => row.entry_type === 'Notification: Signal').length;
  }
}

/** In place of the queue: what it was given. */
class CollectedLetters {
  readonly added: DeadLetterReport[] = [];
  readonly further: DeadLetterReport[] = [];

  add(_ctx: Context, report: DeadLetterReport): void {
    this.added.push(report);
  }

  /** Replays extend again with the same steps. */
  extend(_ctx: Context, report: DeadLetterReport): void {
    this.further.push(report);
  }
}

let count = 0;

/** An application with the stages, and the ways in which tests use it. */
export class Theatre {
  private constructor(readonly app: ReaTestApp) {}

  static async open(options: SagaModuleOptions = {}, rea: object = {}): Promise<Theatre> {
    const app = await createTestApp({
      imports: [SagaModule.forRoot({ retry: { initialInterval: 10, maxAttempts: 3 }, ...options })],
      providers: [Stage, ObjectStage, FlowStage, Callees, Ledger, Undoing],
      rea,
      override: (builder) => builder.overrideProvider(DeadLetterQueue).useClass(CollectedLetters),
    });
    return new Theatre(app);
  }

  /** The name of a scene that another one starts. */
  sceneName(play: Play, scene: Scene): string {
    return addScene(scene, play);
  }

  /** Starts a scene on a service. */
  async start(play: Play, scene: Scene, mode: Mode = 'implicit'): Promise<Performance> {
    const name = addScene(scene, play);
    const stage = this.app.ingress.service(Stage);
    const { invocationId } = await stage.send[mode](name, { idempotencyKey: name });
    return new Performance(this.app, invocationId, '', () => stage.call[mode](name, { idempotencyKey: name }));
  }

  /** Plays a scene on a service to its end. */
  async play(play: Play, scene: Scene, mode: Mode = 'implicit'): Promise<Ending> {
    return (await this.start(play, scene, mode)).ending();
  }

  /** Starts a scene on an object of the given key. */
  async startOnObject<C extends Context>(play: Play, key: string, scene: Scene<C>): Promise<Performance> {
    const name = addScene(scene, play);
    const stage = this.app.ingress.object(ObjectStage).of(key);
    const { invocationId } = await stage.send.play(name, { idempotencyKey: name });
    return new Performance(this.app, invocationId, key, () => stage.call.play(name, { idempotencyKey: name }));
  }

  /** Starts a scene in a workflow. */
  async startWorkflow<C extends Context>(play: Play, scene: Scene<C>): Promise<Performance> {
    const name = addScene(scene, play);
    const flow = this.app.ingress.workflow(FlowStage).of(name);
    const { invocationId } = await flow.submit(name);
    return new Performance(this.app, invocationId, name, () => flow.attach());
  }

  /** Waits until a callee has begun, and lets it end. */
  async letEnd(play: Play, callee: string): Promise<void> {
    await play.effects.seen(`${callee} begins`);
    const { ingressUrl } = await sharedServer();
    const answer = await fetch(`${ingressUrl}/restate/awakeables/${play.gates.get(callee)}/resolve`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '"go"',
    });
    if (answer.status !== 202) throw new Error(`The awakeable of ${callee} was answered with ${answer.status}.`);
  }

  /** What went to the dead-letter queue from the sagas of one name, each entry once and extended, as replays report again. */
  deadLetters(saga: string): DeadLetterReport[] {
    const { added, further } = this.app.get<unknown>(DeadLetterQueue) as CollectedLetters;
    const all = added.filter((report) => report.saga === saga);
    return [...new Map(all.map((report) => [report.id, report])).values()].map((report) => {
      const steps = further.filter(({ id }) => id === report.id).flatMap(({ notUndone }) => notUndone);
      const later = [...new Map(steps.map((step) => [step.step, step])).values()];
      return { ...report, notUndone: [...report.notUndone, ...later] };
    });
  }

  /** Unique in the process, so that dead letters are told apart. */
  sagaName(what = 'saga'): string {
    return `${what}-${(count += 1)}`;
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
