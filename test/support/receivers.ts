import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** How a receiver treats what it gets: takes it, fails for now, refuses for good, or says nothing at all. */
export type Mood = 'takes' | 'fails' | 'refuses' | 'hangs';

/** What arrived: for mail, the headers are those of the message. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of notices on this machine. */
export interface Receiver {
  readonly host: string;
  readonly received: Received[];
  mood: Mood;
  close(): Promise<void>;
}

const STATUS: Readonly<Record<Mood, number>> = { takes: 202, fails: 503, refuses: 400, hangs: 0 };

/** An HTTP receiver on a free port. */
export async function startHttpReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createHttpServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(parts).toString(),
      });
      if (receiver.mood === 'hangs') return;
      response.writeHead(STATUS[receiver.mood], { 'content-type': 'text/plain' }).end(receiver.mood);
    });
  });
  const host = await listening(server);
  const close = () => {
    server.closeAllConnections();
    return closed(server);
  };
  const receiver: Receiver = { host, received, mood: 'takes', close };
  return receiver;
}

/** An SMTP server on a free port: as much of RFC 5321 as one message needs, with AUTH PLAIN that takes anything. */
export async function startMailReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
    if (receiver.mood === 'hangs') return;
    converse(socket, () => receiver.mood, received);
  });
  const host = await listening(server);
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  };
  const receiver: Receiver = { host, received, mood: 'takes', close };
  return receiver;
}

function converse(socket: Socket, mood: () => Mood, received: Received[]): void {
  let [pending, message] = ['', null as string[] | null];
  const say = (line: string) => socket.write(`${line}\r\n`);
  const onLine = (line: string) => {
    if (message !== null && line !== '.') return void message.push(line);
    if (message !== null) {
      received.push(mailOf(message));
      message = null;
      return say('250 taken');
    }
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'EHLO') return say('250-receiver\r\n250 AUTH PLAIN');
    if (verb === 'RCPT' && mood() === 'fails') return say('451 not now');
    if (verb === 'RCPT' && mood() === 'refuses') return say('550 nobody here');
    if (verb === 'DATA') {
      message = [];
      return say('354 go on');
    }
    if (verb === 'QUIT') return void socket.end('221 bye\r\n');
    return say(verb === 'AUTH' ? '235 known' : '250 fine');
  };
  socket.on('data', (chunk: Buffer) => {
    const lines = (pending + chunk.toString()).split('\r\n');
    pending = lines.pop() ?? '';
    lines.forEach(onLine);
  });
  say('220 receiver');
}

function mailOf(lines: readonly string[]): Received {
  const blank = lines.indexOf('');
  const headers: Record<string, string> = {};
  for (const line of lines.slice(0, blank).join('\n').replace(/\n\s+/g, ' ').split('\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { path: headers.to, headers, body: lines.slice(blank + 1).join('\n') };
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
