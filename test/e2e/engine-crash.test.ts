import { on, once } from 'node:events';
import WebSocket from 'ws';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import { startServer, until, type TestServer } from '../support/index.js';

interface Ready {
  readonly probes: { readonly kernel: { readonly status: string } };
}

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

  /**
   * Ends a running worker thread (`death`: a statement on the `Worker` as `this`) the moment that many calls of the kernel are open, or have
   * been begun. The server's own main thread does it: nothing that holds this process up comes in between.
   */
  async doom(name: string, death: string, calls: { open: number } | { begun: number }): Promise<void> {
    const prototype = await this.evaluated('Runtime.evaluate', {
      expression: "process.getBuiltinModule('node:worker_threads').Worker.prototype",
    });
    const { objects } = await this.call<{ objects: { objectId: string } }>('Runtime.queryObjects', {
      prototypeObjectId: prototype,
    });
    await this.call('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: `function (name, calls) {
        // Prototypes of subclasses are found as well; they are no threads and throw when asked for a name.
        const named = (wanted) => this.find((it) => it !== it.constructor.prototype && it.threadName === wanted);
        const [leader, victim, open, begun] = [named('kernel-0'), named(name), new Set(), new Set()];
        const die = () => (function () { ${death}; }).call(victim);
        const post = leader.postMessage;
        leader.on('message', ({ type, id }) => {
          if (type === 'reply') open.delete(id);
          if (type === 'begun' && begun.add(id).size === calls.begun) die();
        });
        leader.postMessage = function (call) {
          post.call(this, call);
          if (call?.type === 'submit' && open.add(call.id).size === calls.open) die();
        };
      }`,
      arguments: [{ value: name }, { value: calls }],
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

let server: TestServer;
let tools: Debugger;

beforeAll(async () => {
  // 12 MiB hold the keys and values of the 8 choices of one long request, but not of a ninth: what comes then waits.
  server = await startServer({ env: { NODE_OPTIONS: '--inspect=127.0.0.1:0', KV_CACHE_MB: '12' } });
  tools = await Debugger.attach(server.output());
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

/** How often two requests are sent until one of them waits for the other. */
const MOST_TRIES = 8;

/** What every choice of an answer says, or the code of its refusal. */
async function said(response: Response): Promise<{ status: number; texts?: string[]; code?: string }> {
  const { choices, code } = (await response.json()) as { choices?: { text: string }[]; code?: string };
  const { status } = response;
  return code === undefined ? { status, texts: choices!.map(({ text }) => text) } : { status, code };
}

/** What every choice of an answer says; fails on a refusal. */
async function texts(response: Response): Promise<string[]> {
  const { status, code, texts: found } = await said(response);
  expect([status, code]).toEqual([200, undefined]);
  return found!;
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
  // Before the server is told to end, which waits for whoever debugs it.
  afterAll(() => tools?.close());

  it.each([
    ['a helper that ends', 'kernel-1', 'this.terminate()', 'thread 1 ended'],
    ['a leader that throws', 'kernel-0', 'this.postMessage(null)', 'thread 0: '],
  ])('refuses what ran, answers what waited, and all as before: %s', async (_, name, death, logged) => {
    const before = await shortAnswer();
    const expected = await texts(await post(LONG));
    /** A stream, and another request once it has begun: the stream's choices take all room for keys and values. */
    const askTwice = async () => {
      const receipts = await receiptCount();
      const streamed = await post({ ...LONG, stream: true });
      const stream = events(streamed);
      await stream.first;
      const waited = await said(await post(LONG));
      return { streamed, waited, last: (await stream.all).at(-1)!, receipts };
    };
    const doom = () => tools.doom(name, death, { open: 2 * LONG.n });
    await doom();
    let { streamed, waited, last, receipts } = await askTwice();
    // Where this process was held up, the stream was over before the other came, and nothing died; or some of it was, and the other had begun.
    for (let i = 1; i < MOST_TRIES && (last === '[DONE]' || waited.code !== undefined); i++) {
      if (waited.code !== undefined) await doom();
      ({ streamed, waited, last, receipts } = await askTwice());
    }

    expect(streamed.status).toBe(200);
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'ENGINE_RESTARTED', type: 'server_error' } });
    expect(waited).toEqual({ status: 200, texts: expected });
    expect(await shortAnswer()).toEqual(before);
    expect(await receiptCount()).toBe(receipts + LONG.n + 1);
    const line = `the engine crashed and was started again: ${logged}`;
    await until('the log says so', () => server.output().includes(line));
    expect(server.process.exitCode).toBeNull();
    const kernel = async () => (await json<Ready>('/ready')).probes.kernel.status;
    await until('the kernel is well', async () => (await kernel()) === 'ok');
  });

  it('refuses an answer that had begun with a code that says when to try again', async () => {
    await tools.doom('kernel-1', 'this.terminate()', { begun: LONG.n });
    const refused = await post(LONG);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({
      code: 'ENGINE_RESTARTED',
      facts: { retryable: true },
      error: { code: 'ENGINE_RESTARTED', type: 'server_error' },
    });
    await texts(await post({ max_tokens: 3 }));
  });
});
