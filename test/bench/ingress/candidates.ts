import { Agent, request } from 'node:http';
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

/** `node:http` with an agent that keeps connections alive. */
export function byHttp1(url: string): Candidate {
  const agent = new Agent({ keepAlive: true });
  return {
    name: 'HTTP/1.1',
    send: (path, body) =>
      new Promise((resolve, reject) => {
        request(url + path, { method: 'POST', headers, agent }, (response) => resolve(text(response)))
          .on('error', reject)
          .end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** What the ingress clients use: HTTP/2. */
export function byHttp2(url: string): Candidate {
  return {
    name: 'HTTP/2',
    send: async (path, body) => (await exchange(url + path, { method: 'POST', headers, body })).body.toString(),
    close: () => {},
  };
}
