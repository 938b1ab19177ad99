import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { Client } from 'pg';
import { DatabasePool, isLostConnection } from './driver.js';

describe('a connection that is lost while it is being made', () => {
  let killed: Server;

  beforeEach(async () => {
    killed = createServer((socket) => socket.resetAndDestroy()).listen(0, '127.0.0.1');
    await once(killed, 'listening');
  });

  afterEach(() => killed.close());

  const options = () => {
    const { port } = killed.address() as AddressInfo;
    return { host: '127.0.0.1', port, user: 'nobody', password: 'none' };
  };

  const failureOf = async (pool: DatabasePool): Promise<Error> => {
    const thrown = await pool.connect().catch((failure: unknown) => failure);
    await pool.end();
    return thrown as Error;
  };

  it('is known when PostgreSQL resets it, and when nobody is there', async () => {
    const pools = [new DatabasePool(options()), new DatabasePool(options())] as const;
    const reset = await failureOf(pools[0]);
    await new Promise((closed) => killed.close(closed));
    const refused = await failureOf(pools[1]);
    expect([reset, refused]).toMatchObject([{ code: 'ECONNRESET' }, { code: 'ECONNREFUSED' }]);
    expect([reset, refused].map(isLostConnection)).toEqual([true, true]);
  });

  it('is not mistaken for one of somebody else', async () => {
    const thrown = (await new Client(options()).connect().catch((failure: unknown) => failure)) as Error;
    expect(thrown).toMatchObject({ code: 'ECONNRESET' });
    expect(isLostConnection(thrown)).toBe(false);
  });
});
