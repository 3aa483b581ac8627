/** Samples by series, as they stand in the text format: `rea_runs_total{outcome="done"}`, with labels in their order. */
export type Samples = ReadonlyMap<string, number>;

/** What a server of metrics answers. */
export interface Scrape {
  readonly contentType: string | null;
  readonly text: string;
  readonly samples: Samples;
}

/** Reads the metrics of an application as Prometheus does. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = await response.text();
  return { contentType: response.headers.get('content-type'), text, samples: parse(text) };
}

function parse(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}
