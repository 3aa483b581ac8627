import { connect } from 'node:http2';
import type { Context } from '@restatedev/restate-sdk';
import { Handler, PolicyService, PolicyViolationError, type ReaModuleOptions, ReaRuntime, Service } from '@rea/core';
import type { ReaTestApp } from '@rea/testing';
import type { RunningScenario } from './scenario.js';

@Service()
export class Doorbell {
  @Handler()
  async ring(_ctx: Context): Promise<string> {
    return 'ding';
  }
}

// #region bad
const stranger = '203.0.113.7'; // the endpoint is reachable from the internet, and somebody has found it
// #endregion bad

// #region good
const endpoint: ReaModuleOptions['endpoint'] = {
  security: {
    allowedOrigins: ['127.0.0.1'], // where the Restate servers are
    trustedProxies: ['127.0.0.1'], // whose X-Forwarded-For is believed
  },
};
// #endregion good

/** Asks the endpoint what it serves, as a proxy that forwards somebody's request. */
async function discover(app: ReaTestApp, from?: string): Promise<void> {
  const { endpointUrl } = app.get(ReaRuntime);
  const session = connect(endpointUrl!);
  try {
    const status = await new Promise<number>((resolve, reject) => {
      const headers = from === undefined ? {} : { 'x-forwarded-for': from };
      const request = session.request({ ':path': '/discover', accept: ACCEPT, ...headers });
      request.on('response', ({ ':status': answered = 0 }) => resolve(answered)).on('error', reject);
      session.on('error', reject);
      request.resume().end();
    });
    if (status < 400) return;
  } finally {
    session.close();
  }
  // A stranger learns the reason and no more: the rest is in the application's findings.
  throw new PolicyViolationError(
    app
      .get(PolicyService)
      .findings()
      .find(({ rule }) => rule.id === 'endpoint-security')!,
  );
}

const ACCEPT = 'application/vnd.restate.endpointmanifest.v4+json';

export const scenario: RunningScenario = {
  providers: [Doorbell],
  rea: { endpoint },
  bad: [
    {
      form: "a stranger's request",
      provoke: (app) => discover(app, stranger),
      unguarded: { outcome: 'answers', harm: 'strangers run handlers' },
    },
  ],
  good: [(app) => discover(app)],
};
