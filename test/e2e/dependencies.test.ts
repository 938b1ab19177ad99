import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { startAnvil } from '../support/anvil.js';
import { api } from '../support/autonomy.js';
import { startServer, until, type TestServer } from '../support/index.js';
import { lastingPort } from '../support/ports.js';
import { TinyRedis } from '../support/redis-server.js';

interface AlertDocument {
  readonly fingerprint: string;
  readonly severity: string;
  readonly summary: string;
}

const ENV = { IMPORT_GENESIS: 'false', HEALING: 'off', MONITORING_MINUTES: '0' };

const look = async (server: TestServer) =>
  (await api(server, 'POST', '/api/monitoring/agents/health/run')).body as unknown as {
    readonly detail: string;
    readonly measures: Readonly<Record<string, number>>;
  };
const alerts = async (server: TestServer) => {
  const { body } = await api(server, 'GET', '/api/monitoring/alerts?open=true');
  const items = body.items as AlertDocument[];
  return items.filter(({ fingerprint }) => /^health\.(redis|evm|peer)@/.test(fingerprint));
};

describe('what the server depends on outside', () => {
  let anvil: Awaited<ReturnType<typeof startAnvil>>;
  let redis: TinyRedis;
  let peer: Server;
  let server: TestServer;
  let redisPort: number;
  let asked = 0;
  let answers = true;

  beforeAll(async () => {
    redisPort = await lastingPort();
    [anvil, redis] = await Promise.all([startAnvil(), TinyRedis.start(redisPort)]);
    peer = createServer((_request, response) => {
      asked++;
      if (answers) response.end('{}');
    });
    peer.listen(await lastingPort(), '127.0.0.1');
    await once(peer, 'listening');
    const { port } = peer.address() as { port: number };
    const urls = {
      REDIS_URL: redis.url,
      EVM_RPC_URL: anvil.url,
      BLOB_PEER_URL: `http://127.0.0.1:${port}`,
    };
    server = await startServer({ env: { ...ENV, ...urls }, until: 'listening' });
  });
  afterAll(async () => {
    await server?.stop();
    await Promise.all([anvil?.kill(), redis?.stop()]);
    peer?.closeAllConnections();
    peer?.close();
  });

  it('is looked at by the health agent, and by nobody else', async () => {
    await until('all are found well', async () => {
      await look(server);
      return (await alerts(server)).length === 0;
    });
    expect(asked).toBeGreaterThan(0);
    const before = asked;
    const { body } = await api(server, 'GET', '/ready');
    expect(Object.keys(body.probes as object)).not.toContain('peer');
    expect(asked).toBe(before);
  });

  it('is an alert each when it is away or never answers, and none when it is back', async () => {
    answers = false;
    await Promise.all([anvil.kill(), redis.stop()]);
    // That it comes to an end shows that it waits for none of them.
    await look(server);
    const found = await alerts(server);
    const fingerprints = found.map(({ fingerprint }) => fingerprint.replace(/@[0-9a-f]{12}$/, ''));
    expect(fingerprints.sort()).toEqual([...['health.evm', 'health.peer', 'health.redis']]);
    expect(new Set(found.map(({ severity }) => severity))).toEqual(new Set(['warning']));
    expect(found.find(({ fingerprint }) => fingerprint.startsWith('health.evm@'))?.summary).toContain(
      'evm is degraded: The EVM node cannot be reached',
    );
    // The server answers without them.
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    answers = true;
    [anvil, redis] = await Promise.all([startAnvil({ port: anvil.port }), TinyRedis.start(redisPort)]);
    await until('all are found well again', async () => {
      await look(server);
      return (await alerts(server)).length === 0;
    });
  });
});

describe('a server without Redis, EVM node and peer', () => {
  it('has nothing of them to look at', async () => {
    const server = await startServer({ env: ENV, until: 'listening' });
    const probes = Object.keys((await api(server, 'GET', '/ready')).body.probes as object).length;
    // What lies behind /ready, and what has to show in the rounds that it works: the block store, the audit records of tasks and guardians.
    expect((await look(server)).measures.probes).toBe(probes + 3);
    expect(await alerts(server)).toEqual([]);
    await server.stop();
  });
});
