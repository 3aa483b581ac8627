/** Options of `ObservabilityModule.forRoot({ traces })`. */
export type TracesOptions = Readonly<Record<string, never>>;
