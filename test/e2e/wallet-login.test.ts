import { Wallet } from 'ethers';
import { Client } from 'pg';
import { startServer, type TestServer } from '../support/index.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, tokensIn } from '../support/accounts.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ env: ACCOUNT_SETTINGS });
});
afterAll(() => server?.stop());

const challenge = async (address: string): Promise<string> => {
  const { status, body } = await call(server, 'POST', '/auth/wallet/nonce', { body: { address } });
  expect(status).toBe(200);
  return String(body.message);
};
const verify = (message: string, signature: string) =>
  call(server, 'POST', '/auth/wallet/verify', { body: { message, signature } });
const enter = async (wallet: { address: string; signMessage(text: string): Promise<string> }) => {
  const message = await challenge(wallet.address);
  return verify(message, await wallet.signMessage(message));
};

describe('wallet sign-in', () => {
  it('makes an account the first time and opens it the next', async () => {
    const wallet = Wallet.createRandom();
    const first = await enter(wallet);
    const second = await enter(wallet);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(second.body.account).toEqual(first.body.account);
    expect(JSON.stringify(first.body.account).toLowerCase()).not.toContain(
      wallet.address.slice(2).toLowerCase(),
    );
    const { body } = await call(server, 'GET', '/auth/wallet', { token: tokensIn(first).token });
    expect(body.items).toEqual([wallet.address.toLowerCase()]);
  });

  it('makes one account when the same wallet comes twice at once', async () => {
    const wallet = Wallet.createRandom();
    const answers = await Promise.all([enter(wallet), enter(wallet), enter(wallet)]);
    expect(new Set(answers.map(({ body }) => (body.account as { id: string }).id)).size).toBe(1);
  });

  it('takes a nonce once, and only from the address it was given to', async () => {
    const [wallet, thief] = [Wallet.createRandom(), Wallet.createRandom()];
    const message = await challenge(wallet.address);
    const signature = await wallet.signMessage(message);
    const stolen = message.replace(wallet.address, thief.address);
    expect((await verify(stolen, await thief.signMessage(stolen))).body.code).toBe('WALLET_NONCE_INVALID');
    const codes = await Promise.all([1, 2, 3].map(() => verify(message, signature)));
    expect(codes.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
    expect((await verify(message, signature)).body.code).toBe('WALLET_NONCE_INVALID');
  });

  it('uses a nonce up with a wrong signature', async () => {
    const wallet = Wallet.createRandom();
    const message = await challenge(wallet.address);
    const wrong = await Wallet.createRandom().signMessage(message);
    expect((await verify(message, wrong)).body.code).toBe('WALLET_SIGNATURE_INVALID');
    expect((await verify(message, await wallet.signMessage(message))).body.code).toBe('WALLET_NONCE_INVALID');
    const again = await challenge(wallet.address);
    expect((await verify(again, `0x${'00'.repeat(65)}`)).body.code).toBe('WALLET_SIGNATURE_INVALID');
  });

  it('refuses a nonce after five minutes', async () => {
    const wallet = Wallet.createRandom();
    const message = await challenge(wallet.address);
    const database = new Client({ connectionString: server.databaseUrl ?? '' });
    await database.connect();
    await database.query(`UPDATE wallet_nonces SET expires_at = expires_at - interval '5 minutes'`);
    await database.end();
    expect((await verify(message, await wallet.signMessage(message))).body.code).toBe('WALLET_NONCE_INVALID');
  });

  it.each([
    ['another domain', /^\S+/, 'evil.example', 'WALLET_MESSAGE_FOREIGN'],
    ['another address of the page', /URI: .*/, 'URI: https://evil.example', 'WALLET_MESSAGE_FOREIGN'],
    ['another chain', 'Chain ID: 1', 'Chain ID: 5', 'WALLET_MESSAGE_FOREIGN'],
    ['another version', 'Version: 1', 'Version: 3', 'WALLET_MESSAGE_INVALID'],
    ['yesterday', /Issued At: .*/, 'Issued At: 2020-01-01T00:00:00Z', 'WALLET_MESSAGE_EXPIRED'],
    ['tomorrow', /Issued At: .*/, 'Issued At: 2999-01-01T00:00:00Z', 'WALLET_MESSAGE_EXPIRED'],
    [
      'an end that is over',
      /Expiration Time: .*/,
      'Expiration Time: 2020-01-01T00:00:00Z',
      'WALLET_MESSAGE_EXPIRED',
    ],
    ['another nonce', /Nonce: .*/, 'Nonce: abcdefgh', 'WALLET_NONCE_INVALID'],
  ])('refuses a signed message of %s', async (_what, pattern, replacement, code) => {
    const wallet = Wallet.createRandom();
    const message = (await challenge(wallet.address)).replace(pattern, replacement);
    expect((await verify(message, await wallet.signMessage(message))).body.code).toBe(code);
  });

  it('links a wallet to an account, and to no second one', async () => {
    const [person, other] = [await register(server), await register(server)];
    const wallet = Wallet.createRandom();
    const linkTo = async (token: string) => {
      const message = await challenge(wallet.address);
      const body = { message, signature: await wallet.signMessage(message) };
      return call(server, 'POST', '/auth/wallet/link', { token, body });
    };
    expect((await linkTo(person.token)).status).toBe(200);
    expect((await linkTo(person.token)).body.items).toEqual([wallet.address.toLowerCase()]);
    expect((await linkTo(other.token)).body.code).toBe('WALLET_TAKEN');
    expect((await enter(wallet)).body.account).toMatchObject({ id: person.id });
  });

  it('unlinks a wallet, but not the last way in', async () => {
    const wallet = Wallet.createRandom();
    const { token } = tokensIn(await enter(wallet));
    const unlink = () => call(server, 'DELETE', `/auth/wallet/${wallet.address}`, { token });
    expect((await unlink()).body.code).toBe('LAST_WAY_IN');
    await call(server, 'PATCH', '/api/me/password', { token, body: { next: 'a first password' } });
    expect((await unlink()).status).toBe(204);
    expect((await unlink()).status).toBe(204);
    expect((await call(server, 'GET', '/auth/wallet', { token })).body.items).toEqual([]);
    const stranger = await enter(wallet);
    expect(tokensIn(stranger).token).not.toBe(token);
    expect((stranger.body.account as { roles: string[] }).roles).toEqual(['user']);
  });

  it('lets an account of a wallet choose a password, and no disabled one in', async () => {
    const admin = await firstAdmin(server);
    const wallet = Wallet.createRandom();
    const entered = await enter(wallet);
    const { id, name } = entered.body.account as { id: string; name: string };
    const token = tokensIn(entered).token;
    const body = { next: 'a first password' };
    expect((await call(server, 'PATCH', '/api/me/password', { token, body })).status).toBe(204);
    const login = { name, password: body.next };
    expect((await call(server, 'POST', '/api/login', { body: login })).status).toBe(200);
    await call(server, 'PATCH', `/api/accounts/${id}`, { token: admin.token, body: { disabled: true } });
    expect((await enter(wallet)).body.code).toBe('ACCOUNT_DISABLED');
  });
});
