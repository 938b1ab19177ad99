import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a database that can lose connections of one application without a word. */
export interface SilentProxy {
  /** The database, through it. */
  readonly url: string;
  /** From now on nothing passes for that application, in either direction; nothing is closed, and new connections are as silent. */
  silence(): void;
  /** How many of its connections there have been. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * Passes everything on to a database, until it is told to go silent as a firewall does that has forgotten a connection.
 * @param url the database, by its socket or its port, without TLS  @param application name of the application (`application_name`) that it goes silent for
 */
export async function startSilentProxy(url: string, application: string): Promise<SilentProxy> {
  const sockets = new Set<Socket>();
  let silent = false;
  let seen = 0;
  const server = createServer((client) => {
    const database = connectTo(url);
    let isMeant: boolean | undefined;
    const pass = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.on('data', (chunk) => {
        // The first message names the application.
        if (isMeant === undefined && (isMeant = chunk.includes(`application_name\0${application}\0`)))
          seen += 1;
        if (!(silent && isMeant)) to.write(chunk);
      });
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => undefined);
    };
    pass(client, database);
    pass(database, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const through = new URL(url);
  through.searchParams.delete('host');
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    silence: () => (silent = true),
    connections: () => seen,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

const USUAL_PORT = '5432';

function connectTo(url: string): Socket {
  const { searchParams, hostname, port } = new URL(url);
  const folder = searchParams.get('host');
  if (folder !== null) return connect(`${folder}/.s.PGSQL.${port || USUAL_PORT}`);
  return connect(Number(port || USUAL_PORT), hostname);
}
