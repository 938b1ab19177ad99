import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { lastingPort } from '../../test/support/ports.js';
import { checkAddress, listen, type Listener } from './listen.js';

const host = '127.0.0.1';
const servers: Server[] = [];

async function occupied(): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Listens as an application does. */
function application(): Listener {
  const server = createServer();
  servers.push(server);
  return {
    listen: (port, address) => once(server.listen(port, address), 'listening'),
    getHttpServer: () => server,
  };
}

afterEach(() => servers.splice(0).forEach((server) => server.close()));

const inUse = (port: number) => ({
  code: 'PORT_IN_USE',
  message: `port ${port} on ${host} is in use; set PORT to another one`,
});

it('leaves a free address free', async () => {
  const port = await lastingPort();
  expect(await checkAddress({ host, port })).toEqual({ ok: true, value: undefined });
  expect(await listen(application(), { host, port })).toEqual({ ok: true, value: `http://${host}:${port}` });
});

it('refuses an address in use before anything listens there, and again when it is taken afterwards', async () => {
  const port = await occupied();
  expect(await checkAddress({ host, port })).toMatchObject({ ok: false, error: inUse(port) });
  expect(await listen(application(), { host, port })).toMatchObject({ ok: false, error: inUse(port) });
});

it('refuses an address of another machine', async () => {
  // TEST-NET-1 (RFC 5737) belongs to nobody.
  const refused = { ok: false, error: { code: 'HOST_UNKNOWN' } };
  expect(await checkAddress({ host: '192.0.2.1', port: 0 })).toMatchObject(refused);
});
