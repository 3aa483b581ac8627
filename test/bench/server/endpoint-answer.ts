/** What an endpoint's process tells its parent. */
export type EndpointAnswer =
  { readonly type: 'ready'; readonly port: number } | { readonly type: 'cpu'; readonly milliseconds: number };
