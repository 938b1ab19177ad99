import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import WebSocket from 'ws';
import { TOPICS } from '../../src/realtime/topics.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register } from '../support/accounts.js';
import { runCommand, startServer, type TestServer } from '../support/index.js';

/** Clients that do not read. */
const SLOW = 3;

interface Message {
  type: string;
  topic?: string;
  seq: number;
  stream?: string;
  gap?: boolean;
  code?: string;
}

/** A client that remembers what it heard. */
class Client {
  readonly heard: Message[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly end: Promise<number>;

  private constructor(readonly socket: WebSocket) {
    this.end = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (data) => {
      this.heard.push(JSON.parse(String(data)) as Message);
      for (const wake of this.waiting) wake();
    });
  }

  static async open(url: string, headers: Record<string, string> = {}): Promise<Client> {
    const client = new Client(
      new WebSocket(`${url.replace('http', 'ws')}/ws/collective-insight`, { headers }),
    );
    await once(client.socket, 'open');
    return client;
  }

  say(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  async until(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.heard.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake);
          resolve();
        };
        this.waiting.add(wake);
      });
    }
  }

  /** The code it was closed with, once it is. */
  closed(): Promise<number> {
    return this.end;
  }
}

/** Connects, stops reading from the network, and asks for all that was, again and again, until the connection is gone. */
async function neverReads(url: string): Promise<void> {
  const client = await Client.open(url);
  const { stream } = await client.until(({ type }) => type === 'hello');
  const { socket } = client;
  // the reset it gets in the end is an error to the socket
  socket.on('error', () => undefined);
  socket.pause();
  while (socket.readyState === WebSocket.OPEN) {
    const ask = JSON.stringify({ subscribe: ['metrics'], since: 0, stream });
    for (let i = 0; i < 100; i++) socket.send(ask, () => undefined);
    await nextTurn();
  }
}

/** How many clients a server has put out for a reason, by its own count. */
function closedFor(url: string, labels: string): Promise<number> {
  return figure(url, `stemma_realtime_closed_total{${labels}}`);
}

/** How often a server has counted a sign of attack. */
function signalsOf(url: string, signal: string): Promise<number> {
  return figure(url, `stemma_security_signals_total{signal="${signal}"}`);
}

async function figure(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1) ?? 0);
}

describe('live notices', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ env: { IMPORT_GENESIS: 'false' } });
  });
  afterAll(() => server.stop());

  it('tells the figures every second and resumes without a gap after a reconnect', async () => {
    const first = await Client.open(server.url);
    const { stream } = await first.until(({ type }) => type === 'hello');
    first.say({ subscribe: ['metrics'] });
    const seen = await first.until(({ topic }) => topic === 'metrics');
    first.socket.close();
    const witness = await Client.open(server.url);
    witness.say({ subscribe: ['metrics'] });
    const missed = await witness.until(({ topic, seq }) => topic === 'metrics' && seq > seen.seq);
    const second = await Client.open(server.url);
    second.say({ subscribe: ['metrics'], since: seen.seq, stream });
    expect(await second.until(({ type }) => type === 'subscribed')).toMatchObject({ gap: false });
    await second.until(({ topic, seq }) => topic === 'metrics' && seq === missed.seq);
    const numbers = second.heard.filter(({ topic }) => topic === 'metrics').map(({ seq }) => seq);
    expect(numbers).toContain(missed.seq);
    expect(new Set(numbers).size).toBe(numbers.length);
    witness.socket.close();
    second.socket.close();
  });

  it('drops with 4408 those who really do not read, while the others get everything', async () => {
    const reader = await Client.open(server.url);
    // on one person's own machine everybody may hear everything, so that no number may be missing
    reader.say({ subscribe: TOPICS });
    const { seq: from } = await reader.until(({ type }) => type === 'subscribed');
    const dropped = () => closedFor(server.url, 'code="4408",reason="SLOW_READER"');
    // on a machine that stands still one could be put out for its silence before its buffers are full
    while ((await dropped()) < SLOW)
      await Promise.all(Array.from({ length: SLOW }, () => neverReads(server.url)));
    const after = Math.max(...reader.heard.map(({ seq }) => seq));
    const { seq: to } = await reader.until(({ topic, seq }) => topic === 'metrics' && seq > after);
    const heard = reader.heard
      .filter(({ topic, seq }) => topic !== undefined && seq <= to)
      .map(({ seq }) => seq);
    expect(heard).toEqual(Array.from({ length: to - from }, (_, i) => from + 1 + i));
    expect(reader.socket.readyState).toBe(WebSocket.OPEN);
    reader.socket.close();
  });

  it('answers nonsense with a code and survives it', async () => {
    const client = await Client.open(server.url);
    client.socket.send('{');
    expect(await client.until(({ type }) => type === 'error')).toMatchObject({ code: 'WS_MESSAGE_INVALID' });
    client.say({ subscribe: ['metrics'] });
    await client.until(({ topic }) => topic === 'metrics');
    client.socket.close();
  });

  it('closes on a message that is too large, a foreign page, and a wrong token', async () => {
    const large = await Client.open(server.url);
    large.socket.send('x'.repeat(20_000));
    expect(await large.closed()).toBe(1009);
    const foreign = await Client.open(server.url, { origin: 'https://evil.example' });
    expect(await foreign.closed()).toBe(4403);
    const forged = await Client.open(server.url);
    forged.say({ token: 'nonsense' });
    expect(await forged.closed()).toBe(4401);
  });

  it('counts worthless tokens by address and as a sign of attack, and lets everybody else in', async () => {
    const signedIn = await startServer({
      env: { ...ACCOUNT_SETTINGS, TRUST_PROXY: 'true', RATE_LIMIT_ADDRESS: '3' },
    });
    const forged = async (address: string) => {
      const client = await Client.open(signedIn.url, { 'x-forwarded-for': address });
      client.say({ token: 'nonsense' });
      return client.closed();
    };
    const codes = [];
    for (let i = 0; i < 5; i++) codes.push(await forged('192.0.2.1'));
    expect(codes).toEqual([4401, 4401, 4401, 4429, 4429]);
    expect(await forged('192.0.2.2')).toBe(4401);
    expect(await signalsOf(signedIn.url, 'token_invalid')).toBe(4);
    expect(await signalsOf(signedIn.url, 'rate_limited')).toBe(2);
    const neighbour = await Client.open(signedIn.url, { 'x-forwarded-for': '192.0.2.1' });
    neighbour.say({ subscribe: ['metrics'] });
    await neighbour.until(({ topic }) => topic === 'metrics');
    await signedIn.stop();
  });

  it('takes no upgrade on other paths', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET /other HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    socket.write('Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    expect(answer).not.toContain('101 Switching');
    expect((await fetch(`${server.url}/health`)).status).toBe(200);
  });

  it('lets one address have so many clients and no more, and others come all the same', async () => {
    const crowded = await startServer({
      env: { IMPORT_GENESIS: 'false', WEBSOCKET_CLIENTS_PER_ADDRESS: '2', TRUST_PROXY: 'true' },
    });
    const from = (address: string) => Client.open(crowded.url, { 'x-forwarded-for': address });
    const hello = ({ type }: Message) => type === 'hello';
    const [first, second] = [await from('2001:db8::1'), await from('2001:db8::2')];
    await Promise.all([first.until(hello), second.until(hello)]);
    expect(await (await from('2001:db8::3')).closed()).toBe(4429);
    await (await from('2001:db8:0:1::1')).until(hello);
    first.socket.close();
    await first.closed();
    const again = await from('2001:db8::4');
    expect((await again.until(hello)).type).toBe('hello');
    expect(await (await from('2001:db8::5')).closed()).toBe(4429);
    await crowded.stop();
  });

  it('drops the topics of somebody who loses the role, and goes on with the others', async () => {
    const signedIn = await startServer({ env: ACCOUNT_SETTINGS });
    const admin = await firstAdmin(signedIn);
    const grace = await register(signedIn);
    const as = (roles: readonly string[]) =>
      call(signedIn, 'PATCH', `/api/accounts/${grace.id}`, { token: admin.token, body: { roles } });
    expect((await as(['guardian'])).status).toBe(200);
    const order = (path: string) =>
      call(signedIn, 'POST', `/api/guardian/${path}`, { token: admin.token, body: { reason: 'drill' } });
    const [chief, client] = [await Client.open(signedIn.url), await Client.open(signedIn.url)];
    chief.say({ token: admin.token, subscribe: ['guardian'] });
    client.say({ token: grace.token, subscribe: ['guardian', 'metrics'] });
    await Promise.all([chief, client].map((each) => each.until(({ type }) => type === 'subscribed')));
    await order('emergency-stop');
    const stopped = await client.until(({ topic }) => topic === 'guardian');

    expect((await as([])).status).toBe(200);
    expect(await client.until(({ type }) => type === 'unsubscribed')).toMatchObject({
      ...{ topics: ['guardian'], code: 'FORBIDDEN' },
    });
    await order('resume');
    const resumed = await chief.until(({ topic, seq }) => topic === 'guardian' && seq > stopped.seq);
    await client.until(({ topic, seq }) => topic === 'metrics' && seq > resumed.seq);
    const heard = client.heard.filter(({ topic }) => topic === 'guardian').map(({ seq }) => seq);
    expect(Math.max(...heard)).toBeLessThan(resumed.seq);
    await signedIn.stop();
  });

  it('keeps what is not public from strangers of a published server', async () => {
    const published = await startServer({ env: { IMPORT_GENESIS: 'false', HOST: '0.0.0.0' } });
    const client = await Client.open(published.url);
    client.say({ subscribe: ['guardian'] });
    expect(await client.until(({ type }) => type === 'error')).toMatchObject({ code: 'FORBIDDEN' });
    const token = await runCommand(['keys', 'token'], { DATA_DIR: published.dataDir });
    client.say({ token: token.stdout.trim(), subscribe: ['guardian'] });
    expect(await client.until(({ type }) => type === 'subscribed')).toMatchObject({ topics: ['guardian'] });
    client.socket.close();
    await published.stop();
  });
});
