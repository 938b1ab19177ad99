import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { CodedError, err, ok, systemCodeOf, type Result } from '../common/index.js';
import type { AppConfig } from '../config/index.js';

/** Where a server is to listen. */
export type ListenAddress = Pick<AppConfig, 'host' | 'port'>;

/** The part of an application that listens. */
export interface Listener {
  listen(port: number, host: string): Promise<unknown>;
  getHttpServer(): Pick<Server, 'address'>;
}

/**
 * Finds out, by taking the address for a moment, whether a server could listen there, so that a start that cannot be ends
 * before it starts a database. The address can still be taken afterwards; `listen` then refuses. Refusals: as `listen`.
 */
export async function checkAddress(address: ListenAddress): Promise<Result<void>> {
  const probe = createServer();
  const bound = await refusing(address, async () => {
    await once(probe.listen({ port: address.port, host: address.host }), 'listening');
  });
  if (bound.ok) await once(probe.close(), 'close');
  return bound;
}

/** Listens. @returns the URL people reach it at. Refusals: PORT_IN_USE, PORT_FORBIDDEN, HOST_UNKNOWN. */
export async function listen(app: Listener, address: ListenAddress): Promise<Result<string>> {
  const listening = await refusing(address, () => app.listen(address.port, address.host));
  if (!listening.ok) return listening;
  const { port } = app.getHttpServer().address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(address.host) ? '127.0.0.1' : address.host;
  return ok(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

async function refusing(address: ListenAddress, bind: () => Promise<unknown>): Promise<Result<void>> {
  try {
    await bind();
    return ok();
  } catch (thrown) {
    const refusal = listenError(address, systemCodeOf(thrown));
    if (refusal === null) throw thrown;
    return err(refusal);
  }
}

function listenError({ host, port }: ListenAddress, code: string | undefined): CodedError | null {
  switch (code) {
    case 'EADDRINUSE':
      return new CodedError('PORT_IN_USE', `port ${port} on ${host} is in use; set PORT to another one`);
    case 'EACCES':
      return new CodedError(
        'PORT_FORBIDDEN',
        `port ${port} needs rights this user does not have; set PORT above 1023`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new CodedError('HOST_UNKNOWN', `${host} is not an address of this machine; set HOST`);
    default:
      return null;
  }
}
