import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isPublicAddress } from '../../common/network/address-rules.js';
import { PATIENCE_MS } from '../../../test/support/patience.js';
import { guardedGet } from './guarded-get.js';

describe('addresses a probe may ask', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111'])('public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...['127.0.0.1', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '0.0.0.0'],
    ...['100.64.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fc00::1', '::ffff:10.0.0.1'],
    ...['64:ff9b::a00:1', '2002:a00:1::', '2001::1', 'ff02::1', 'localhost', '1.2.3', ''],
  ])('not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a guarded GET', () => {
  let server: Server;
  let url: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/around') response.writeHead(302, { location: '/around' }).end();
      else if (request.url === '/files') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
      else if (request.url === '/hang') return;
      else response.end('x'.repeat(1000));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const get = (address: string, changes: object = {}) =>
    guardedGet({
      ...{ url: address, allowPrivate: true, mostBytes: 2000, mostRedirects: 3, headers: {} },
      ...{ signal: AbortSignal.timeout(PATIENCE_MS), ...changes },
    });
  const codeOf = async (address: string, changes: object = {}) => {
    const answer = await get(address, changes);
    return answer.ok ? null : answer.error.code;
  };

  it('reads what is small enough', async () => {
    expect(await get(url)).toMatchObject({ ok: true, value: { status: 200 } });
    expect(await codeOf(url, { mostBytes: 999 })).toBe('PROBE_TOO_LARGE');
  });

  it('refuses private addresses, also behind a name', async () => {
    expect(await codeOf(url, { allowPrivate: false })).toBe('PROBE_ADDRESS');
    expect(await codeOf(url.replace('127.0.0.1', 'localhost'), { allowPrivate: false })).toBe(
      'PROBE_ADDRESS',
    );
    expect(await codeOf('http://2130706433/', { allowPrivate: false })).toBe('PROBE_ADDRESS');
    expect(await codeOf('http://[::ffff:127.0.0.1]/', { allowPrivate: false })).toBe('PROBE_ADDRESS');
  });

  it('follows redirects no longer than allowed, and to http only', async () => {
    expect(await codeOf(`${url}/around`)).toBe('PROBE_REDIRECTS');
    expect(await codeOf(`${url}/files`)).toBe('PROBE_URL');
    expect(await codeOf('http://user:secret@127.0.0.1/')).toBe('PROBE_URL');
  });

  it('gives up in time', async () => {
    expect(await codeOf(`${url}/hang`, { signal: AbortSignal.timeout(100) })).toBe('PROBE_FAILED');
  });
});
