/** What an environment variable, a typing mistake or a calculation gives instead of a duration. */
export const NO_DURATIONS: readonly unknown[] = [
  Number.NaN,
  -1,
  Number.POSITIVE_INFINITY,
  1e308,
  '5000',
  '',
  null,
  true,
  5n,
  {},
  [],
  new Date(5),
  { minutes: Number.NaN },
  { minutes: '5' },
  { minute: 5 },
  { minutes: -5 },
];
