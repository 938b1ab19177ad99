import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Receipts with their private part, and answers kept for repeated requests. */
export class Inference1763700000003 implements MigrationInterface {
  name = 'Inference1763700000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE receipts (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^rcpt_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        owner text NOT NULL,
        model text NOT NULL,
        release text COLLATE "C" NOT NULL,
        version text NOT NULL,
        prompt_tokens integer NOT NULL CHECK (prompt_tokens >= 0),
        completion_tokens integer NOT NULL CHECK (completion_tokens >= 0),
        finished_at bigint NOT NULL,
        receipt text NOT NULL,
        evidence text NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX receipts_by_owner ON receipts (owner, position)');
    await queryRunner.query('CREATE INDEX receipts_by_model ON receipts (model, position)');
    await queryRunner.query(`
      CREATE TABLE idempotency_keys (
        key text COLLATE "C" NOT NULL,
        owner text NOT NULL,
        route text NOT NULL,
        request_hash text COLLATE "C" NOT NULL,
        content_type text NOT NULL,
        answer text NOT NULL,
        receipt text,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key, owner, route)
      )`);
    await queryRunner.query('CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['idempotency_keys', 'receipts']) await queryRunner.query(`DROP TABLE ${table}`);
  }
}
