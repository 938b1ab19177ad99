import { Logger, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { AppModule } from '../../src/app.module.js';
import { AccountAdministration, BearerTokens } from '../../src/auth/index.js';
import { ApiKeys } from '../../src/auth/api-keys/index.js';
import { WalletAccounts } from '../../src/auth/wallet/wallet-accounts.js';
import { unwrap } from '../../src/common/index.js';
import { externalDatabase } from '../../src/database/index.js';
import { createTestDatabase, testConfig } from '../support/index.js';

const ADDRESS = `0x${'ab'.repeat(20)}`;

describe('what belongs to an account', () => {
  let app: INestApplicationContext;
  let drop: () => Promise<void>;
  let owner: string;
  let stranger: string;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const database = await createTestDatabase();
    drop = () => database.drop();
    const config = testConfig({
      ...{ taskWorkers: 0, monitoringMinutes: 0, healing: 'off', passwordMemoryKib: 64, passwordPasses: 1 },
    });
    app = await NestFactory.createApplicationContext(
      AppModule.forRoot(config, externalDatabase(database.url)),
      { logger: false, abortOnError: false },
    );
    [owner, stranger] = [await account('ada'), await account('bob')];
  });
  afterAll(async () => {
    await app?.close();
    await drop?.();
  });

  const account = async (name: string) => {
    const wanted = { name, email: null, password: 'a long password', roles: [] };
    return unwrap(await app.get(AccountAdministration).create(wanted, 'test')).id;
  };

  it('keeps its keys, whoever else knows their ids', async () => {
    const keys = app.get(ApiKeys);
    const wanted = { name: 'a program', scopes: ['read'], expiresAt: null } as const;
    const { key, view } = unwrap(await keys.issue(owner, wanted));
    const speaksFor = async () => (await app.get(BearerTokens).identify(key))?.subject;
    expect(await keys.list(stranger)).toEqual([]);
    expect(await keys.revoke(stranger, view.id)).toBe(false);
    expect(await speaksFor()).toBe(owner);
    expect(await keys.revoke(owner, view.id)).toBe(true);
    expect(await speaksFor()).toBeUndefined();
    expect(await keys.revoke(owner, view.id)).toBe(false);
  });

  it('is said to have used a key only where the secret was shown, in time', async () => {
    const keys = app.get(ApiKeys);
    const wanted = { name: 'a program', scopes: ['read'] } as const;
    const { key, view } = unwrap(await keys.issue(owner, { ...wanted, expiresAt: null }));
    const expired = unwrap(await keys.issue(owner, { ...wanted, expiresAt: Date.now() - 1 }));
    const used = async (id: string) => (await keys.list(owner)).find((each) => each.id === id)?.used_at;
    expect(await keys.identify(`${key.slice(0, -4)}${key.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`)).toBeNull();
    expect(await keys.identify(expired.key)).toBeNull();
    expect([await used(view.id), await used(expired.view.id)]).toEqual([null, null]);
    expect((await keys.identify(key))?.subject).toBe(owner);
    expect(await used(view.id)).toEqual(expect.any(Number));
  });

  it('keeps its wallets, whoever else knows their addresses', async () => {
    const wallets = app.get(WalletAccounts);
    await app
      .get(DataSource)
      .query('INSERT INTO account_wallets (address, account_id) VALUES ($1, $2)', [ADDRESS, owner]);
    unwrap(await wallets.unlink(ADDRESS, stranger));
    expect([await wallets.list(owner), await wallets.list(stranger)]).toEqual([[ADDRESS], []]);
    unwrap(await wallets.unlink(ADDRESS, owner));
    expect(await wallets.list(owner)).toEqual([]);
  });
});
