import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { exchange } from '@rea/core/internal';
import type { Candidate } from './exchange.js';

const headers = { 'content-type': 'application/json' };

/** `fetch`, which keeps HTTP/1.1 connections alive. */
export function byFetch(url: string, name = 'fetch'): Candidate {
  return {
    name,
    exchange: async (path, body) => (await fetch(url + path, { method: 'POST', headers, body })).text(),
    close: () => {},
  };
}

/** What the ingress clients use: `node:http` with an agent that keeps connections alive. */
export function byHttp1(url: string): Candidate {
  return {
    name: 'node:http',
    exchange: async (path, body) => (await exchange(url + path, { method: 'POST', headers, body })).body.toString(),
    close: () => {},
  };
}

/** `node:http2` over one connection. */
export function byHttp2(url: string): Candidate {
  const session = connect(url);
  return {
    name: 'node:http2',
    exchange: (path, body) => {
      const stream = session.request({ ':method': 'POST', ':path': path, ...headers });
      stream.end(body);
      return text(stream);
    },
    close: () => session.close(),
  };
}
