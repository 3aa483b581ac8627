/** The collected heap before and after many invocations, in bytes. */
export interface HeapRow {
  readonly stage: 'heap';
  readonly scope: 'singleton' | 'request';
  readonly invocations: number;
  readonly before: number;
  readonly after: number;
  /** A share: 0.02 is 2 %. */
  readonly growth: number;
}
