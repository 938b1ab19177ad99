import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aReceipt, receiptSigner } from '../../../test/factories/receipt.js';
import { ok } from '../../common/index.js';
import { checkEd25519 } from '../../common/ed25519.js';
import { documentOf, httpNode, type NodePatience } from './http-node.js';
import { signTestimony } from './testimony.js';

const { receipt } = aReceipt();
const question = { of: 'states', first: 0, end: 1 } as const;
const rows = ['ab'.repeat(32)];
const right = JSON.stringify(signTestimony(receipt.id, question, rows, receiptSigner));
const servers: Server[] = [];

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const patience: NodePatience = { questionMs: 60_000, patienceMs: 60_000 };
const node = (url: string, token: string | null = null, patient = patience) =>
  httpNode({ url, token }, receipt, checkEd25519, patient);

it('asks with the token and reads what the node has signed', async () => {
  const seen: unknown[] = [];
  const url = await listening((request, reply) => {
    seen.push(request.method, request.url, request.headers.authorization);
    reply.end(right);
  });
  expect(await node(`${url}/`, 'key')(question)).toEqual(ok(rows));
  expect(seen).toEqual(['POST', `/v1/receipts/${receipt.id}/testimony`, 'Bearer key']);
});

it('asks again when the node has no time, and not longer than it has patience', async () => {
  let times = 0;
  const url = await listening((_, reply) => {
    times += 1;
    if (times > 2) reply.end(right);
    else reply.writeHead(503, { 'retry-after': '0.01' }).end('{"code":"TESTIMONY_BUSY"}');
  });
  expect(await node(url)(question)).toEqual(ok(rows));
  expect(times).toBe(3);
  times = -1_000;
  const refused = await node(url, null, { ...patience, patienceMs: 0 })(question);
  expect(refused).toMatchObject({ error: { code: 'NODE_REFUSED', facts: { refusal: 'TESTIMONY_BUSY' } } });
});

it('breaks off a question when nobody wants it any more, and asks no other', async () => {
  const leaving = new AbortController();
  let times = 0;
  const url = await listening(() => {
    times += 1;
    leaving.abort();
  });
  const ask = httpNode({ url, token: null }, receipt, checkEd25519, patience, leaving.signal);
  expect(await ask(question)).toMatchObject({ error: { code: 'CANCELLED' } });
  expect(await ask(question)).toMatchObject({ error: { code: 'CANCELLED' } });
  expect(times).toBe(1);
});

it('does not wait to ask again when nobody wants it any more', async () => {
  const leaving = new AbortController();
  const listen = leaving.signal.addEventListener.bind(leaving.signal);
  // The wait is what listens to the signal.
  leaving.signal.addEventListener = (...listener: Parameters<typeof listen>) => {
    listen(...listener);
    queueMicrotask(() => leaving.abort());
  };
  let times = 0;
  const url = await listening((_, reply) => {
    times += 1;
    reply.writeHead(503, { 'retry-after': '9' }).end('{}');
  });
  const ask = httpNode({ url, token: null }, receipt, checkEd25519, patience, leaving.signal);
  expect(await ask(question)).toMatchObject({ error: { code: 'CANCELLED' } });
  expect(times).toBe(1);
});

it.each<[string, string, RequestListener]>([
  ['text', 'TESTIMONY_INVALID', (_, reply) => reply.end('hello')],
  [
    'what another signed',
    'TESTIMONY_INVALID',
    (_, reply) => reply.end(right.replace(/"signature":"../, '"signature":"00')),
  ],
  ['too much', 'NODE_ANSWER_TOO_LARGE', (_, reply) => reply.end(Buffer.alloc(5 << 20, 32))],
  [
    'a redirect',
    'NODE_UNREACHABLE',
    ({ url }, reply) =>
      url === '/elsewhere' ? reply.end(right) : reply.writeHead(307, { location: '/elsewhere' }).end(),
  ],
  ['nothing', 'NODE_UNREACHABLE', (request) => request.socket.destroy()],
  [
    'a refusal',
    'NODE_REFUSED',
    (_, reply) => reply.writeHead(403).end('{"code":"RECEIPT_PRIVATE","detail":"no"}'),
  ],
  ['a refusal that is no problem', 'NODE_REFUSED', (_, reply) => reply.writeHead(500).end('oops')],
])('refuses %s with %s', async (_, code, listener) => {
  expect(await node(await listening(listener))(question)).toMatchObject({ ok: false, error: { code } });
});

it('quotes a node without its control characters', async () => {
  const problem = JSON.stringify({ code: 'RECEIPT_PRIVATE', detail: 'no\u001b[31m\nyes' });
  const url = await listening((_, reply) => reply.writeHead(403).end(problem));
  const message = `${url} refuses with RECEIPT_PRIVATE: no [31m yes`;
  expect(await node(url)(question)).toMatchObject({ error: { code: 'NODE_REFUSED', message } });
});

it('does not wait for a node that never answers', async () => {
  const url = await listening(() => undefined);
  const silent = node(url, null, { ...patience, questionMs: 50 });
  expect(await silent(question)).toMatchObject({ ok: false, error: { code: 'NODE_UNREACHABLE' } });
});

it('does not wait longer than the node may take for all questions together', async () => {
  const url = await listening(() => undefined);
  const silent = node(url, null, { ...patience, sideMs: 50 });
  expect(await silent(question)).toMatchObject({ ok: false, error: { code: 'NODE_TOO_SLOW' } });
});

it('reads the document of a receipt', async () => {
  const url = await listening((request, reply) => {
    if (request.url === `/v1/receipts/${receipt.id}`) reply.end('{"receipt":{}}');
    else reply.writeHead(404).end('{"code":"RECEIPT_NOT_FOUND"}');
  });
  expect(await documentOf({ url, token: null }, receipt.id)).toEqual(ok({ receipt: {} }));
  const unknown = await documentOf({ url, token: null }, 'rcpt_0');
  expect(unknown).toMatchObject({ error: { code: 'NODE_REFUSED', facts: { refusal: 'RECEIPT_NOT_FOUND' } } });
});
