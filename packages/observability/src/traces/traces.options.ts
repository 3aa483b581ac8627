/** Options of `ObservabilityModule.forRoot({ traces })`: none yet; `true` is all. */
export type TracesOptions = Readonly<Record<string, never>>;
