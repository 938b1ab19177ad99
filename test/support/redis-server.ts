import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';

/**
 * Enough of a Redis (RESP 2: INFO, SUBSCRIBE, PUBLISH, DEL, and the one script that counts requests) to carry notices and
 * counts between two processes in a test.
 */
export class TinyRedis {
  private readonly subscribers = new Map<Socket, string>();
  private readonly sockets = new Set<Socket>();
  private readonly counts = new Map<string, { count: number; until: number }>();
  private readonly commands = new Map<string, number>();
  private readonly forgotten = new WeakSet<Socket>();
  private hanging = false;
  /** Lets nobody listen, as access rules may. */
  deafening = false;
  private lastPort = 0;

  private constructor(private readonly server: Server) {}

  /** Starts it on a free port, or on one that an earlier one used. */
  static async start(port = 0): Promise<TinyRedis> {
    const server = createServer();
    const redis = new TinyRedis(server);
    server.on('connection', (socket) => redis.serve(socket));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    redis.lastPort = redis.port;
    return redis;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How many clients are subscribed now. */
  get listeners(): number {
    return this.subscribers.size;
  }

  /** How often one of these commands was sent, answered or not. */
  asked(...names: string[]): number {
    return names.reduce((sum, name) => sum + (this.commands.get(name) ?? 0), 0);
  }

  /** From now on it takes connections and commands, and never answers; the connections of now are forgotten for good. */
  hang(): void {
    this.hanging = true;
    for (const socket of this.sockets) this.forgotten.add(socket);
    this.subscribers.clear();
  }

  /** Answers again, on new connections. */
  goOn(): void {
    for (const socket of this.sockets) this.forgotten.add(socket);
    this.hanging = false;
  }

  /** Loses the connections of one kind; until `takeNew`, there are no new ones. */
  lose(which: 'subscribers' | 'others'): void {
    this.server.close();
    for (const socket of this.sockets)
      if (this.subscribers.has(socket) === (which === 'subscribers')) socket.destroy();
  }

  /** Takes connections again after `lose`. */
  async takeNew(): Promise<void> {
    this.server.listen(this.lastPort, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.subscribers.delete(socket);
    });
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      pending += chunk.toString();
      for (let command = readCommand(pending); command !== null; command = readCommand(pending)) {
        pending = command.rest;
        this.obey(socket, command.words);
      }
    });
  }

  private obey(socket: Socket, [written, ...words]: string[]): void {
    const name = written.toLowerCase();
    this.commands.set(name, this.asked(name) + 1);
    if (this.hanging || this.forgotten.has(socket)) return;
    switch (name) {
      case 'info':
        return void socket.write(bulk('redis_version:7.0.0\r\nloading:0\r\n'));
      case 'subscribe':
        if (this.deafening) return void socket.write('-NOPERM no access to the channel\r\n');
        this.subscribers.set(socket, words[0]);
        return void socket.write(`*3\r\n${bulk('subscribe')}${bulk(words[0])}:1\r\n`);
      case 'publish':
        for (const [subscriber, channel] of this.subscribers) {
          if (channel === words[0])
            subscriber.write(`*3\r\n${bulk('message')}${bulk(channel)}${bulk(words[1])}`);
        }
        return void socket.write(`:${this.subscribers.size}\r\n`);
      case 'eval':
      case 'evalsha':
        return void socket.write(this.count(words[2], Number(words[3]), Number(words[4])));
      case 'del':
        return void socket.write(`:${this.counts.delete(words[0]) ? 1 : 0}\r\n`);
      default:
        return void socket.write('+OK\r\n');
    }
  }

  /** What the script of the rate limiter does: adds to a key that expires, and tells the sum and the time left in ms. */
  private count(key: string, points: number, seconds: number): string {
    const now = Date.now();
    const known = this.counts.get(key);
    const live = known !== undefined && known.until > now ? known : { count: 0, until: now + seconds * 1000 };
    const next = { ...live, count: live.count + points };
    this.counts.set(key, next);
    return `*2\r\n:${next.count}\r\n:${next.until - now}\r\n`;
  }
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** The first whole command of a text: an array of bulk strings (ASCII, as these tests send). */
function readCommand(text: string): { words: string[]; rest: string } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return null;
  const words: string[] = [];
  let at = head[0].length;
  for (let i = 0; i < Number(head[1]); i++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (length === null) return null;
    const start = at + length[0].length;
    const end = start + Number(length[1]);
    if (text.length < end + 2) return null;
    words.push(text.slice(start, end));
    at = end + 2;
  }
  return { words, rest: text.slice(at) };
}
