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
  server: { rounds: 7, slot: 1_300, warmUp: 1_500, connections: [1, 50] },
  alone: { pairs: 40, batches: 40, batch: 10, warmUp: 4_000 },
  startup: { rounds: 15, handlers: [10, 100, 1_000] },
  heap: { warmUp: 10_000, invocations: 50_000 },
};

/** A smoke test: too short for its numbers to mean much. */
export const QUICK: Plan = {
  server: { rounds: 1, slot: 500, warmUp: 500, connections: [1, 50] },
  alone: { pairs: 12, batches: 40, batch: 10, warmUp: 3_000 },
  startup: { rounds: 3, handlers: [10, 1_000] },
  heap: { warmUp: 5_000, invocations: 10_000 },
};
