import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Wallet } from 'ethers';
import { Client } from 'pg';
import { packageRoot } from '../../src/common/installation.js';
import { ACCOUNT_SETTINGS, call, register, tokensIn } from '../support/accounts.js';
import { startServer, temporaryFolder, type TestServer } from '../support/index.js';

const HOUR_MS = 3_600_000;

let server: TestServer;
let clock: string;

beforeAll(async () => {
  clock = join(temporaryFolder('clock'), 'offset');
  setClock(0);
  const preload = pathToFileURL(join(packageRoot(), 'test', 'support', 'shifted-clock.mjs')).href;
  const env = { NODE_OPTIONS: `--import=${preload}`, CLOCK_OFFSET_FILE: clock };
  server = await startServer({ env: { ...ACCOUNT_SETTINGS, ...env } });
});
beforeEach(() => setClock(0));
afterAll(() => server?.stop());

/** Sets the server's wall clock ahead or back; that of the database stays. */
function setClock(offsetMs: number): void {
  writeFileSync(`${clock}.new`, String(offsetMs));
  renameSync(`${clock}.new`, clock);
}

/** The database's clock jumps ahead: what it has dated lies that much further back. */
async function databaseJumps(hours: number): Promise<void> {
  const database = new Client({ connectionString: server.databaseUrl ?? '' });
  await database.connect();
  const by = `make_interval(hours => ${hours})`;
  await database.query(`UPDATE wallet_nonces SET expires_at = expires_at - ${by}`);
  await database.query(`UPDATE sessions SET expires_at = expires_at - ${by}, used_at = used_at - ${by}`);
  await database.query(`UPDATE refresh_tokens SET used_at = used_at - ${by}`);
  await database.end();
}

/** The status that writing with a token gets: reading is open to everybody. */
const works = async (token: string) => (await call(server, 'GET', '/api/me/sessions', { token })).status;
const refresh = (refresh_token: string) => call(server, 'POST', '/api/refresh', { body: { refresh_token } });

describe('tokens when the clock jumps', () => {
  it('end early when it goes ahead, and the session goes on by its refresh token', async () => {
    const person = await register(server);
    expect(await works(person.token)).toBe(200);
    setClock(6 * HOUR_MS);
    expect(await works(person.token)).toBe(401);
    const next = tokensIn(await refresh(person.refresh));
    expect(await works(next.token)).toBe(200);
  });

  it('are worth nothing after a sign-out, wherever the clock goes', async () => {
    const person = await register(server);
    setClock(6 * HOUR_MS);
    const next = tokensIn(await refresh(person.refresh));
    expect((await call(server, 'POST', '/api/logout', { token: next.token, body: {} })).status).toBeLessThan(
      300,
    );
    for (const hours of [6, 0, -6]) {
      setClock(hours * HOUR_MS);
      expect([await works(person.token), await works(next.token)]).toEqual([401, 401]);
    }
  });

  it('that were made by a clock ahead of time work when it is set back, and end with their session', async () => {
    setClock(6 * HOUR_MS);
    const person = await register(server);
    setClock(-6 * HOUR_MS);
    expect(await works(person.token)).toBe(200);
    expect(
      (await call(server, 'POST', '/api/logout', { token: person.token, body: {} })).status,
    ).toBeLessThan(300);
    expect(await works(person.token)).toBe(401);
  });

  it.each([6, -6])('that come back a second time end their family (server %i hours off)', async (hours) => {
    const person = await register(server);
    const next = tokensIn(await refresh(person.refresh));
    setClock(hours * HOUR_MS);
    // the database's clock decides what a repetition within seconds is
    await databaseJumps(1);
    const reused = await refresh(person.refresh);
    expect(reused).toMatchObject({ status: 401, body: { code: 'REFRESH_REUSED' } });
    setClock(0);
    expect((await refresh(next.refresh)).body.code).toBe('REFRESH_INVALID');
    expect(await works(next.token)).toBe(401);
  });

  it('of a session that the jump has outlived are refused', async () => {
    const person = await register(server);
    await databaseJumps(24 * 366);
    expect((await refresh(person.refresh)).body.code).toBe('REFRESH_INVALID');
    expect(await works(person.token)).toBe(401);
  });
});

describe('nonces of wallets when the clock jumps', () => {
  const challenge = async (wallet: { address: string }) => {
    const { body } = await call(server, 'POST', '/auth/wallet/nonce', { body: { address: wallet.address } });
    return String(body.message);
  };
  const verify = async (message: string, signature: string) => {
    const { status, body } = await call(server, 'POST', '/auth/wallet/verify', {
      body: { message, signature },
    });
    return status === 200 ? 'in' : String(body.code);
  };

  it.each([6, -6])('are refused in between, work once when it is right again (%i hours)', async (hours) => {
    const wallet = Wallet.createRandom();
    const message = await challenge(wallet);
    const signature = await wallet.signMessage(message);
    setClock(hours * HOUR_MS);
    expect(await verify(message, signature)).toBe('WALLET_MESSAGE_EXPIRED');
    setClock(0);
    expect(await verify(message, signature)).toBe('in');
    for (const offset of [0, hours, 0]) {
      setClock(offset * HOUR_MS);
      expect(await verify(message, signature)).not.toBe('in');
    }
    expect(await verify(message, signature)).toBe('WALLET_NONCE_INVALID');
  });

  it.each([6, -6])('that were given out %i hours off let their wallet in, once', async (hours) => {
    setClock(hours * HOUR_MS);
    const wallet = Wallet.createRandom();
    const message = await challenge(wallet);
    const signature = await wallet.signMessage(message);
    const outcomes = await Promise.all([1, 2, 3].map(() => verify(message, signature)));
    expect(outcomes.sort()).toEqual(['WALLET_NONCE_INVALID', 'WALLET_NONCE_INVALID', 'in']);
  });

  it('do not outlive a jump of the database, whatever the message says', async () => {
    const wallet = Wallet.createRandom();
    const message = await challenge(wallet);
    await databaseJumps(1);
    expect(await verify(message, await wallet.signMessage(message))).toBe('WALLET_NONCE_INVALID');
  });
});
