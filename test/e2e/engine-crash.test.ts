import { on, once } from 'node:events';
import WebSocket from 'ws';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import { startServer, type TestServer } from '../support/index.js';

/** What the debugger answers; a statement that throws is an answer too. */
interface RemoteAnswer<T> {
  readonly id?: number;
  readonly result?: T & { readonly exceptionDetails?: object };
  readonly error?: object;
}

/**
 * The debugger of a running Node.js process (Chrome DevTools Protocol). Through it a test reaches a thread of the real,
 * built server and ends it, and the server needs no door for that.
 */
class Debugger {
  private nextId = 1;

  private constructor(private readonly socket: WebSocket) {}

  /** @param output what the process printed: Node.js says there where its debugger listens */
  static async attach(output: string): Promise<Debugger> {
    const url = [...output.matchAll(/Debugger listening on (ws:\S+)/g)].at(-1)?.[1];
    if (url === undefined) throw new Error(`no debugger listens:\n${output}`);
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Debugger(socket);
  }

  /** The running worker thread of that name. */
  async thread(name: string): Promise<RemoteThread> {
    const prototype = await this.evaluated('Runtime.evaluate', {
      expression: "process.getBuiltinModule('node:worker_threads').Worker.prototype",
    });
    const { objects } = await this.call<{ objects: { objectId: string } }>('Runtime.queryObjects', {
      prototypeObjectId: prototype,
    });
    // Prototypes of subclasses are found as well; they are no threads and throw when asked for a name.
    const thread = await this.evaluated('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: `function (name) {
        return this.find((it) => it !== it.constructor.prototype && it.threadName === name);
      }`,
      arguments: [{ value: name }],
    });
    return (work) =>
      this.call('Runtime.callFunctionOn', {
        objectId: thread,
        functionDeclaration: `function () { ${work}; }`,
      });
  }

  close(): void {
    this.socket.close();
  }

  private async evaluated(method: string, params: object): Promise<string> {
    const { result } = await this.call<{ result: { objectId?: string } }>(method, params);
    if (result.objectId === undefined) throw new Error(`${method} found nothing`);
    return result.objectId;
  }

  private async call<T>(method: string, params: object): Promise<T> {
    const id = this.nextId++;
    const answers = messages<RemoteAnswer<T>>(this.socket);
    this.socket.send(JSON.stringify({ id, method, params }));
    for await (const { id: answered, result, error } of answers) {
      if (answered !== id) continue;
      const failure = error ?? result?.exceptionDetails;
      if (failure !== undefined || result === undefined) throw new Error(JSON.stringify(failure));
      return result;
    }
    throw new Error('the debugger is gone');
  }
}

/** What arrives from now on, none lost between two turns of a loop. */
function messages<T>(socket: WebSocket): AsyncIterable<T> {
  const arriving = on(socket, 'message', { close: ['close'] }) as AsyncIterableIterator<[WebSocket.RawData]>;
  return {
    async *[Symbol.asyncIterator]() {
      for await (const [data] of arriving) yield JSON.parse(String(data)) as T;
    },
  };
}

/** Runs a statement on the `Worker` (as `this`) in the server's main thread. */
type RemoteThread = (statement: string) => Promise<unknown>;

/** Resolves once all choices of that many requests have begun, as notices tell; the engine has their work by then. */
async function allBegun(socket: WebSocket, requests: number, choices: number): Promise<void> {
  const begun = new Map<string, number>();
  for await (const { type, data } of messages<{ type: string; data?: { id: string } }>(socket)) {
    if (type !== 'inference.started' || data === undefined) continue;
    begun.set(data.id, (begun.get(data.id) ?? 0) + 1);
    if ([...begun.values()].filter((count) => count === choices).length === requests) return;
  }
}

let server: TestServer;
let tools: Debugger;
let notices: WebSocket;

beforeAll(async () => {
  server = await startServer({ env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
  tools = await Debugger.attach(server.output());
  notices = new WebSocket(`${server.url.replace('http', 'ws')}/ws/collective-insight`);
  await once(notices, 'open');
  notices.send(JSON.stringify({ subscribe: ['inference'] }));
}, 120_000);

afterAll(async () => {
  notices?.close();
  tools?.close();
  await server?.stop();
});

const post = (body: object) =>
  fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'genesis', prompt: 'Once upon a time', ...body }),
  });

const json = async <T>(path: string) => (await (await fetch(`${server.url}${path}`)).json()) as T;

/** Repeating itself is rewarded, so that every choice goes on to the limit: seconds of work for any machine. */
const LONG = { n: 8, max_tokens: 450, temperature: 0, repetition_penalty: 0.1 };

async function shortAnswer() {
  const response = await post({ max_tokens: 12, temperature: 1, seed: 3, receipt_salt: 'ab'.repeat(32) });
  expect(response.status).toBe(200);
  const { receipt_id } = (await response.json()) as { receipt_id: string };
  const { receipt } = await json<ReceiptDocument>(`/v1/receipts/${receipt_id}`);
  return { output: receipt.output, commitments: receipt.commitments, experts: receipt.experts };
}

const receiptCount = async () => (await json<{ items: unknown[] }>('/v1/receipts?limit=200')).items.length;

/** The data of every event of a stream, and a way to wait for the first. */
function events(response: Response): { first: Promise<void>; all: Promise<string[]> } {
  let begun = () => {};
  const first = new Promise<void>((resolve) => (begun = resolve));
  const read = async () => {
    let text = '';
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      text += piece;
      begun();
    }
    return text.split('\n\n').flatMap((event) => (event === '' ? [] : [event.replace(/^data: /, '')]));
  };
  return { first, all: read() };
}

describe('a thread of the kernel that dies while it computes', () => {
  it.each([
    ['a helper that ends', 'kernel-1', 'this.terminate()', 'thread 1 ended'],
    ['a leader that throws', 'kernel-0', 'this.postMessage(null)', 'thread 0: '],
  ])('refuses what ran, and the next answer is as before: %s', async (_, name, death, logged) => {
    const before = await shortAnswer();
    const receipts = await receiptCount();
    const thread = await tools.thread(name);

    const begun = allBegun(notices, 2, LONG.n);
    const streamed = await post({ ...LONG, stream: true });
    const stream = events(streamed);
    await stream.first;
    // the stream's choices fill all places of the engine, so that this one has the longer way to go
    const whole = post(LONG);
    await begun;
    await thread(death);

    const refused = await whole;
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({
      code: 'ENGINE_RESTARTED',
      facts: { retryable: true },
      error: { code: 'ENGINE_RESTARTED', type: 'server_error' },
    });
    expect(streamed.status).toBe(200);
    const last = (await stream.all).at(-1)!;
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'ENGINE_RESTARTED', type: 'server_error' } });

    expect(await shortAnswer()).toEqual(before);
    expect(await receiptCount()).toBe(receipts + 1);
    expect(server.output()).toContain(`the engine crashed and was started again: ${logged}`);
    expect(server.process.exitCode).toBeNull();
    expect(await json('/ready')).toMatchObject({ probes: { kernel: { status: 'ok' } } });
  });
});
