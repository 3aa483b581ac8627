/** Options of `ObservabilityModule.forRoot({ health })`. */
export type HealthOptions = Readonly<Record<string, never>>;
