/**
 * Tests that show a defect which is known and not mended yet, by title. They are expected to fail, and turn red when they
 * pass: then they leave this list. Nothing is added here to silence a flaky test.
 */
export const KNOWN_DEFECTS: ReadonlySet<string> = new Set([
  'is a terminal error as an output, in one attempt',
  'is aborted by a cancellation while the run is awaited through map',
  'is not told about what Rea notes itself: data',
  'is refused also when the key is an empty text, which the ingress would take for none',
  'is refused on the data plane to wait for a promise',
  'is refused to ask for the output of a workflow',
  'is refused to ask for the status of a workflow',
  'is refused to attach to a workflow',
  'is the default of the module: a profile',
  'is what configuration says with a profile, on the server',
  'is what configuration says with days, on the server',
  'leaves the status that the workflow has told last',
  'never repeats after a Nest 4xx exception, which is terminal too',
  "of [ '\\ud800' ] is another than of [ '\\ud801' ]",
  "of [ '\\ud800' ] is another than of [ '\ufffd' ]",
  'of an impossible length by configuration refuses the start, too',
  'refuses a durable client in a run, as an application does',
  'refuses the context in a run, as an application does',
  'settle once, and a second settling is refused with 409 as on the server',
  'tells the state of an object whose key has a quote',
  'that is no time at all is a terminal error',
  'that was never submitted is not found by attach, and it is not the handler that says so',
  'without an idempotency key says plainly that there is no result to wait for',
]);
