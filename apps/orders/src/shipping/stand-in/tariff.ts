/** How a carrier of the stand-in charges. */
export interface Tariff {
  readonly name: string;
  /** In cents. */
  readonly base: number;
  readonly perKilogram: number;
  readonly maxGrams: number;
  readonly days: number;
  readonly countries: readonly string[];
  /** How long its answers take, in milliseconds. */
  readonly latency: number;
}

const EUROPE = ['AT', 'BE', 'CH', 'CZ', 'DE', 'DK', 'ES', 'FR', 'GB', 'IT', 'NL', 'PL', 'SE'];

export const TARIFFS: readonly Tariff[] = [
  { name: 'Post', base: 399, perKilogram: 55, maxGrams: 31_500, days: 3, countries: EUROPE, latency: 12 },
  {
    name: 'Swift Parcel',
    base: 549,
    perKilogram: 30,
    maxGrams: 70_000,
    days: 2,
    countries: [...EUROPE, 'US'],
    latency: 6,
  },
  { name: 'Pedal', base: 290, perKilogram: 120, maxGrams: 5_000, days: 1, countries: ['DE', 'NL'], latency: 3 },
  {
    name: 'Freight & Sons',
    base: 2900,
    perKilogram: 12,
    maxGrams: 900_000,
    days: 6,
    countries: [...EUROPE, 'US'],
    latency: 9,
  },
];
