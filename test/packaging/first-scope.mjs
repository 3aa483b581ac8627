// The first attempt of a process, while its application is still about to listen. Prints what the front's requests see.
import { connect, createServer } from 'node:net';

// What the SDK's hook does is not exported.
const { currentScope, enterScope } = await import(
  new URL('../../packages/core/dist/invocation/attempt.js', import.meta.url).href
);

const { promise: attempted, resolve: tell } = Promise.withResolvers();

async function start() {
  await attempted;
  const front = createServer((socket) => {
    console.log(currentScope() === undefined ? 'no scope' : 'the scope of the attempt');
    socket.destroy();
    front.close();
  });
  front.listen(0, '127.0.0.1', () => connect(front.address().port, '127.0.0.1').resume());
}

async function attempt() {
  await Promise.resolve();
  enterScope({ attempt: {} });
  tell();
}

void start();
setImmediate(() => void attempt());
