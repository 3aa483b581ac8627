import { connect } from 'node:http2';
import { text } from 'node:stream/consumers';
import { exchange } from '@rea/core/internal';
import type { Candidate } from './candidate.js';

const headers = { 'content-type': 'application/json' };

/** `fetch`, which keeps HTTP/1.1 connections alive. */
export function byFetch(url: string, name = 'fetch'): Candidate {
  return {
    name,
    send: async (path, body) => (await fetch(url + path, { method: 'POST', headers, body })).text(),
    close: () => {},
  };
}

/** What the ingress clients use. */
export function byRea(url: string): Candidate {
  return {
    name: 'Rea',
    send: async (path, body) => (await exchange(url + path, { method: 'POST', headers, body })).body.toString(),
    close: () => {},
  };
}

/** One HTTP/2 connection of Node's. */
export function byHttp2(url: string): Candidate {
  const session = connect(url);
  return {
    name: 'HTTP/2',
    send: (path, body) => {
      const stream = session.request({ ...headers, ':method': 'POST', ':path': path });
      stream.end(body);
      return text(stream);
    },
    close: () => session.close(),
  };
}
