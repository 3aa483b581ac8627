/** Options of `ObservabilityModule.forRoot({ logs })`: none yet; `true` is all. */
export type LogsOptions = Readonly<Record<string, never>>;
