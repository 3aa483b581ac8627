import type { ReaMetrics } from '@rea/observability';

export function labelled(metrics: ReaMetrics): void {
  const parcels = metrics.counter({ name: 'shop_parcels_total', help: 'Parcels.', labels: ['carrier', 'country'] });
  parcels.inc({ carrier: 'owl', country: 'gb' });
  parcels.inc({ carrier: 'owl', country: 'gb' }, 2);
  // @ts-expect-error: a label is missing
  parcels.inc({ carrier: 'owl' });
  // @ts-expect-error: there is no such label
  parcels.inc({ carrier: 'owl', country: 'gb', weight: 1 });
  // @ts-expect-error: the labels are missing
  parcels.inc(2);

  const visits = metrics.counter({ name: 'shop_visits_total', help: 'Visits.' });
  visits.inc();
  visits.inc(2);
  // @ts-expect-error: it has no labels
  visits.inc({ carrier: 'owl' });

  const baskets = metrics.histogram({ name: 'shop_basket_euros', help: 'Baskets.', labels: ['carrier'] });
  baskets.observe({ carrier: 'owl' }, 42);
  // @ts-expect-error: the value is missing
  baskets.observe({ carrier: 'owl' });
}
