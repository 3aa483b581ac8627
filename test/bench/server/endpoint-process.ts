// A subject in a process of its own. Its parent asks for its CPU time, and its end is the end of the parent's channel.
import type { AddressInfo } from 'node:net';
import { loadSubject } from '../subjects/load-subject.js';
import type { SubjectId } from '../subjects/subject.js';
import type { EndpointAnswer } from './endpoint-answer.js';

const id = process.argv[2] as SubjectId;
const { server } = await (await loadSubject(id)).open(id);

const tell = (answer: EndpointAnswer) => process.send?.(answer);
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  tell({ type: 'cpu', milliseconds: (user + system) / 1_000 });
});
process.once('disconnect', () => process.exit());
tell({ type: 'ready', port: (server.address() as AddressInfo).port });
