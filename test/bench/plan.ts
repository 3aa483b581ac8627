/** How much is measured. */
export interface Plan {
  readonly server: {
    readonly rounds: number;
    /** Of one measurement, in milliseconds. */
    readonly slot: number;
    readonly warmUp: number;
    readonly connections: readonly number[];
  };
  readonly alone: {
    /** Fresh processes: each compiles and lays out memory in its own way, which favours a subject for its whole life. */
    readonly processes: number;
    /** In each process. */
    readonly pairs: number;
    /** Of either side of a pair. */
    readonly batches: number;
    /** Invocations of a batch. */
    readonly batch: number;
    readonly warmUp: number;
  };
  readonly startup: { readonly rounds: number; readonly handlers: readonly number[] };
  readonly heap: { readonly warmUp: number; readonly invocations: number };
}

export const FULL: Plan = {
  server: { rounds: 5, slot: 1_200, warmUp: 1_000, connections: [1, 50] },
  alone: { processes: 5, pairs: 8, batches: 40, batch: 10, warmUp: 2_500 },
  startup: { rounds: 11, handlers: [10, 100, 1_000] },
  heap: { warmUp: 10_000, invocations: 50_000 },
};

/** A smoke test: too short for its numbers to mean much. */
export const QUICK: Plan = {
  server: { rounds: 1, slot: 500, warmUp: 500, connections: [1, 50] },
  alone: { processes: 2, pairs: 4, batches: 30, batch: 10, warmUp: 2_000 },
  startup: { rounds: 3, handlers: [10, 1_000] },
  heap: { warmUp: 5_000, invocations: 10_000 },
};
