// Reaches a worker thread of a running Node.js process through its debugger (Chrome DevTools Protocol), so that a benchmark can
// end it and the server needs no door for that.
import { once } from 'node:events';

/**
 * Ends the running worker thread of that name in the process whose debugger listens at `url`.
 * @returns when the thread was told to end, ms since the epoch
 */
export async function endThread(url, name) {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  try {
    const ask = caller(socket);
    const { result: prototype } = await ask('Runtime.evaluate', {
      expression: "process.getBuiltinModule('node:worker_threads').Worker.prototype",
    });
    const { objects } = await ask('Runtime.queryObjects', { prototypeObjectId: prototype.objectId });
    // Prototypes of subclasses are found as well; they are no threads and throw when asked for a name.
    const { result: ended } = await ask('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: `function (name) {
        const thread = this.find((it) => it !== it.constructor.prototype && it.threadName === name);
        thread?.terminate();
        return thread !== undefined;
      }`,
      arguments: [{ value: name }],
      returnByValue: true,
    });
    if (!ended.value) throw new Error(`no thread ${name}`);
    return Date.now();
  } finally {
    socket.close();
  }
}

function caller(socket) {
  let last = 0;
  const waiting = new Map();
  const give = (id, { error, result }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    const failure = error ?? result?.exceptionDetails;
    if (failure !== undefined) reject?.(new Error(JSON.stringify(failure)));
    else resolve?.(result);
  };
  socket.addEventListener('message', ({ data }) => {
    const { id, ...answer } = JSON.parse(data);
    give(id, answer);
  });
  socket.addEventListener('close', () => {
    for (const id of waiting.keys()) give(id, { error: 'the debugger is gone' });
  });
  return (method, params) =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject });
      socket.send(JSON.stringify({ id: last, method, params }));
    });
}
