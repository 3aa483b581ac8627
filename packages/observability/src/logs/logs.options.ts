/** Options of `ObservabilityModule.forRoot({ logs })`. */
export type LogsOptions = Readonly<Record<string, never>>;
