/** Options of `ObservabilityModule.forRoot({ hooks })`. */
export interface HooksOptions {
  /** Events that may wait for hooks; beyond it they are dropped and counted. Default 10,000. */
  readonly queueSize?: number;
}
