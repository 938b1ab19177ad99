import type { MigrationInterface, QueryRunner } from 'typeorm';

/** One-time links by which somebody who has forgotten the password gets another. */
export class PasswordLinks1763700000010 implements MigrationInterface {
  name = 'PasswordLinks1763700000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE password_links (
        account_id text COLLATE "C" PRIMARY KEY REFERENCES accounts (id),
        hash text COLLATE "C" NOT NULL UNIQUE CHECK (hash ~ '^[0-9a-f]{64}$'),
        expires_at timestamptz NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE password_links');
  }
}
