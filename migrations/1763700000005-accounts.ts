import type { MigrationInterface, QueryRunner } from 'typeorm';

const HASH = `text COLLATE "C" CHECK (%s ~ '^[0-9a-f]{64}$')`;
const hash = (column: string): string => `${column} ${HASH.replace('%s', column)}`;

/** Accounts and all that proves who somebody is. Secrets are kept as hashes only. */
export class Accounts1763700000005 implements MigrationInterface {
  name = 'Accounts1763700000005';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE accounts (
        id text COLLATE "C" PRIMARY KEY,
        name text NOT NULL,
        email text,
        password_hash text,
        roles text[] NOT NULL,
        tier text NOT NULL CHECK (tier IN ('newbie', 'trusted', 'expert')),
        disabled boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX accounts_by_name ON accounts (lower(name))');
    await queryRunner.query('CREATE UNIQUE INDEX accounts_by_email ON accounts (lower(email))');
    await queryRunner.query(`
      CREATE TABLE account_wallets (
        address text COLLATE "C" PRIMARY KEY CHECK (address ~ '^0x[0-9a-f]{40}$'),
        account_id text COLLATE "C" NOT NULL REFERENCES accounts (id),
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query('CREATE INDEX account_wallets_by_account ON account_wallets (account_id)');
    await queryRunner.query(`
      CREATE TABLE sessions (
        id text COLLATE "C" PRIMARY KEY,
        account_id text COLLATE "C" NOT NULL REFERENCES accounts (id),
        address text NOT NULL,
        client text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz
      )`);
    await queryRunner.query('CREATE INDEX sessions_by_account ON sessions (account_id, created_at)');
    await queryRunner.query('CREATE INDEX sessions_by_expiry ON sessions (expires_at)');
    await queryRunner.query(`
      CREATE TABLE refresh_tokens (
        ${hash('hash')} PRIMARY KEY,
        session_id text COLLATE "C" NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
        created_at timestamptz NOT NULL DEFAULT now(),
        used_at timestamptz
      )`);
    await queryRunner.query('CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)');
    await queryRunner.query(`
      CREATE TABLE api_keys (
        id text COLLATE "C" PRIMARY KEY,
        account_id text COLLATE "C" NOT NULL REFERENCES accounts (id),
        name text NOT NULL,
        ${hash('secret_hash')} NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        used_at timestamptz,
        revoked_at timestamptz
      )`);
    await queryRunner.query('CREATE INDEX api_keys_by_account ON api_keys (account_id, created_at)');
    await queryRunner.query(`
      CREATE TABLE wallet_nonces (
        nonce text COLLATE "C" PRIMARY KEY,
        address text COLLATE "C" NOT NULL,
        expires_at timestamptz NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX wallet_nonces_by_expiry ON wallet_nonces (expires_at)');
    await queryRunner.query(`
      CREATE TABLE setup_tokens (
        ${hash('hash')} PRIMARY KEY,
        expires_at timestamptz NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const tables = [
      'setup_tokens',
      'wallet_nonces',
      'api_keys',
      'refresh_tokens',
      'sessions',
      'account_wallets',
      'accounts',
    ];
    for (const table of tables) await queryRunner.query(`DROP TABLE ${table}`);
  }
}
