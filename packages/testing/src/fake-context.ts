import {
  type Duration,
  type GenericCall,
  type GenericSend,
  type InvocationId,
  type InvocationReference,
  type Request,
  RestatePromise,
  type Serde,
  serde as sdkSerde,
  TerminalError,
  type WorkflowContext,
} from '@restatedev/restate-sdk';
import {
  checkedMillis,
  type HandlerInput,
  type HandlerNames,
  type HandlerOutput,
  RUN_NOTE_HANDLER,
  STATUS_HANDLER,
  withoutDurableOperations,
} from '@rea/core/internal';
import { FakeInvocations, type FakeWorkflow, journaled } from './fake-invocations.js';
import { FakePromises } from './fake-promises.js';

/** Options of {@link fakeContext}. */
export interface FakeContextOptions {
  /** The object key or workflow id. Default `fake-key`. */
  readonly key?: string;
  /** What is stored when the handler starts, by state name. */
  readonly state?: Readonly<Record<string, unknown>>;
  /** Headers of the invocation. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `'elapsed'` (default): sleeps are over at once. `'never'`: they do not end, so that the other side of a race wins. */
  readonly sleeps?: 'elapsed' | 'never';
}

/** A call or message that the handler made. */
export interface FakeCall {
  readonly service: string;
  readonly handler: string;
  readonly key: string | undefined;
  readonly input: unknown;
  readonly delay?: Duration | number;
}

/** A signal that the handler sent to another invocation. */
export interface FakeSignal {
  readonly invocationId: string;
  readonly name: string;
  readonly value: unknown;
}

/** Answers for a component's handlers: `(input, key) => output`. */
export type FakeHandlers<T> = {
  readonly [K in HandlerNames<T>]?: (
    input: HandlerInput<T, K>[0],
    key: string | undefined,
  ) => HandlerOutput<T, K> | Promise<HandlerOutput<T, K>>;
};

/** What a fake context is beside a context: what was done with it, and how it answers. */
export interface FakeControls {
  /** Names of the runs that were executed, in order. */
  readonly runs: readonly string[];
  /** Calls that were awaited, in order. */
  readonly calls: readonly FakeCall[];
  /** One-way messages, in order. */
  readonly sends: readonly FakeCall[];
  /** Durations that were slept, in order. */
  readonly sleeps: readonly (Duration | number)[];
  /** What is stored now, by state name. */
  readonly stored: Readonly<Record<string, unknown>>;
  /** Signals that were sent to other invocations, in order: a rejected one has the reason as its value. */
  readonly signals: readonly FakeSignal[];
  /** Ids of the invocations that were cancelled, in order. */
  readonly cancelled: readonly string[];
  /**
   * Says how a component's handlers answer: calls, signals, queries, and a workflow's run when it is attached to after it
   * was submitted.
   */
  stub<T>(target: abstract new (...args: never[]) => T, handlers: FakeHandlers<T>): this;
  /**
   * Says how one workflow stands, for `attach`, `output` and `status`. An id of which nothing is said and which was not
   * submitted has not started: it is refused as on a server.
   */
  stubWorkflow<T>(target: abstract new (...args: never[]) => T, id: string, workflow: FakeWorkflow<T>): this;
}

/** Passes for a context of any kind. */
export type FakeContext = WorkflowContext & FakeControls;

/**
 * A context in memory, for unit tests of handlers without a server: runs execute once when awaited, values go through
 * JSON as in the journal, calls are answered by stubs. There is no replay: that durable code survives one is for
 * {@link createTestApp} to show.
 *
 * @example
 * ```ts
 * const ctx = fakeContext({ state: { count: 2 } });
 * await runInContext(ctx, (ctx) => new Counter().add(ctx, 3));
 * expect(ctx.stored).toEqual({ count: 5 });
 * ```
 */
export function fakeContext(options: FakeContextOptions = {}): FakeContext {
  return new FakeContextImpl(options) as unknown as FakeContext;
}

/** What `attach`, `output` and `status` of workflow clients ask: no handler of the application. */
const ADDED_HANDLERS = new Set([RUN_NOTE_HANDLER, STATUS_HANDLER]);

let count = 0;

class FakeContextImpl implements FakeControls {
  readonly runs: string[] = [];
  readonly calls: FakeCall[] = [];
  readonly sends: FakeCall[] = [];
  readonly sleeps: (Duration | number)[] = [];
  readonly key: string;
  readonly console = console;
  readonly rand = { random: () => 0.5, uuidv4: () => '00000000-0000-4000-8000-000000000000' };
  readonly date = {
    now: () => this.run('date', () => Date.now()),
    toJSON: () => this.run('date', () => new Date().toJSON()),
  };

  private readonly state: Map<string, Uint8Array>;
  readonly signals: FakeSignal[] = [];
  readonly cancelled: string[] = [];
  private readonly invocations = new FakeInvocations();
  private readonly promises = new FakePromises();
  private readonly invocationRequest: Request;

  constructor(private readonly options: FakeContextOptions) {
    this.key = options.key ?? 'fake-key';
    const stored = Object.entries(options.state ?? {});
    this.state = new Map(stored.map(([name, value]) => [name, sdkSerde.json.serialize(value)]));
    count += 1;
    this.invocationRequest = {
      target: { service: 'Fake', handler: 'handler', key: this.key, toString: () => `Fake/${this.key}/handler` },
      id: `inv_fake${count}` as InvocationId,
      headers: new Map(Object.entries(options.headers ?? {})),
      attemptHeaders: new Map(),
      body: new Uint8Array(),
      extraArgs: [],
      attemptCompletedSignal: new AbortController().signal,
    };
  }

  get stored(): Record<string, unknown> {
    return Object.fromEntries([...this.state].map(([name, bytes]) => [name, sdkSerde.json.deserialize(bytes)]));
  }

  stub<T>(target: abstract new (...args: never[]) => T, handlers: FakeHandlers<T>): this {
    this.invocations.stub(target, handlers);
    return this;
  }

  stubWorkflow<T>(target: abstract new (...args: never[]) => T, id: string, workflow: FakeWorkflow<T>): this {
    this.invocations.stubWorkflow(target, id, workflow);
    return this;
  }

  request(): Request {
    return this.invocationRequest;
  }

  run<T>(name: string, action: () => T | Promise<T>, { serde }: { serde?: Serde<T> } = {}): RestatePromise<T> {
    return lazy(async () => {
      this.runs.push(name);
      return journaled(await withoutDurableOperations(`the run "${name}"`, async () => action()), serde);
    });
  }

  sleep(duration: Duration | number, name?: string): RestatePromise<void> {
    checkedMillis(name === undefined ? 'A sleep' : `The sleep "${name}"`, duration);
    return lazy(() => {
      this.sleeps.push(duration);
      return this.options.sleeps === 'never' ? new Promise<void>(() => {}) : undefined;
    });
  }

  genericCall<I, O>(call: GenericCall<I, O>): RestatePromise<O> {
    const future = lazy(async () => {
      const input = journaled(call.parameter, call.inputSerde);
      if (!ADDED_HANDLERS.has(call.method)) {
        this.calls.push({ service: call.service, handler: call.method, key: call.key, input });
      }
      const answer = await this.invocations.answer(call.service, call.method, call.key, input);
      return journaled(answer as O, call.outputSerde);
    });
    return Object.assign(future, { invocationId: Promise.resolve(`inv_fakecall${this.calls.length}`) });
  }

  genericSend<I>(send: GenericSend<I>): { invocationId: Promise<InvocationId> } {
    const { service, method: handler, key, delay } = send;
    if (delay !== undefined) checkedMillis(`The delay of a message to ${service}/${handler}`, delay);
    const input = journaled(send.parameter, send.inputSerde);
    this.sends.push({ service, handler, key, input, ...(delay === undefined ? {} : { delay }) });
    const { id } = this.invocations.start(service, handler, key, input);
    return { invocationId: Promise.resolve(id) };
  }

  async get<T>(name: string, serde: Serde<T> = sdkSerde.json as Serde<T>): Promise<T | null> {
    const bytes = this.state.get(name);
    return bytes ? serde.deserialize(bytes) : null;
  }

  async stateKeys(): Promise<string[]> {
    return [...this.state.keys()];
  }

  set<T>(name: string, value: T, serde: Serde<T> = sdkSerde.json as Serde<T>): void {
    this.state.set(name, serde.serialize(value));
  }

  clear(name: string): void {
    this.state.delete(name);
  }

  clearAll(): void {
    this.state.clear();
  }

  awakeable<T>(): { id: string; promise: RestatePromise<T> } {
    const id = this.promises.nextAwakeable();
    return { id, promise: lazy(() => this.promises.get<T>(id)) };
  }

  resolveAwakeable<T>(id: string, payload?: T, serde?: Serde<T>): void {
    this.promises.resolve(id, journaled(payload as T, serde));
  }

  rejectAwakeable(id: string, reason: string | TerminalError): void {
    this.promises.reject(id, typeof reason === 'string' ? new TerminalError(reason) : reason);
  }

  promise<T>(name: string, serde?: Serde<T>): object {
    const open = () => {
      if (this.promises.isSettled(name))
        throw new TerminalError(`The promise "${name}" is settled.`, { errorCode: 409 });
    };
    return {
      get: () => lazy(() => this.promises.get<T>(name)),
      peek: async () => this.promises.peek(name),
      resolve: async (value: T) => {
        open();
        this.promises.resolve(name, journaled(value, serde));
      },
      reject: async (message: string) => {
        open();
        this.promises.reject(name, new TerminalError(message));
      },
    };
  }

  signal<T>(name: string): RestatePromise<T> {
    return lazy(() => this.promises.get<T>(`signal ${name}`));
  }

  invocation(id: InvocationId): InvocationReference {
    return {
      attach: <T>(serde?: Serde<T>) => lazy(async () => journaled((await this.invocations.attach(id)) as T, serde)),
      cancel: () => this.cancel(id),
      signal: <T>(name: string, serde?: Serde<T>) => ({
        resolve: (value?: T) => {
          const written = journaled(value as T, serde);
          this.signals.push({ invocationId: id, name, value: written });
          if (id === this.invocationRequest.id) this.promises.resolve(`signal ${name}`, written);
        },
        reject: (reason: string | TerminalError) => {
          const error = typeof reason === 'string' ? new TerminalError(reason) : reason;
          this.signals.push({ invocationId: id, name, value: error });
          if (id === this.invocationRequest.id) this.promises.reject(`signal ${name}`, error);
        },
      }),
    };
  }

  attach<T>(id: InvocationId, serde?: Serde<T>): RestatePromise<T> {
    return this.invocation(id).attach(serde);
  }

  cancel(id: InvocationId): void {
    this.cancelled.push(id);
    this.invocations.cancel(id);
  }
}

/** As in the SDK, nothing happens until the future is awaited. */
function lazy<T>(start: () => T | Promise<T>): RestatePromise<T> {
  return RestatePromise.resolve(undefined).map(start) as RestatePromise<T>;
}
