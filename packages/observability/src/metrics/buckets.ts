/** Upper bounds for what takes from a millisecond to ten minutes, in seconds. */
export const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600];

/** Upper bounds for what may sleep for days: from 10 ms to 30 days, in seconds. */
export const LONG_SECONDS = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_592_000];

/** Upper bounds for sizes, in bytes: from 64 to the 1 MiB at which state is refused by default. */
export const BYTES = [64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576];
