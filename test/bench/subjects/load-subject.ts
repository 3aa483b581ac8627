import { existsSync } from 'node:fs';
import type { SubjectId, SubjectModule } from './subject.js';

/** The folder of the peer, whose dependencies are its own. */
export const PEER_FOLDER = new URL('../../peer/', import.meta.url);

/** Imports a subject's module. What `bare` does not use must not be loaded in its process. */
export async function loadSubject(id: SubjectId): Promise<SubjectModule> {
  switch (id) {
    case 'bare':
    case 'bare-again':
      return import('./bare.subject.js');
    case 'bare-nest':
      return import('./bare-nest.subject.js');
    case 'rea-disabled':
    case 'rea-warn':
    case 'rea-warn-enhanced':
      return import('./rea.subject.js');
    case 'rea-unobserved':
    case 'rea-metrics':
      return import('./rea-module.subject.js');
    case 'rea-logs':
      return import('./rea-logs.subject.js');
    case 'rea-traces':
      return import('./rea-traces.subject.js');
    case 'nestjs-restate':
    case 'nestjs-restate-bare':
      return (await import(new URL('peer.subject.mjs', PEER_FOLDER).href)) as SubjectModule;
  }
}

/** Whether the peer has been installed. */
export function peerIsInstalled(): boolean {
  return existsSync(new URL('node_modules/nestjs-restate/package.json', PEER_FOLDER));
}
