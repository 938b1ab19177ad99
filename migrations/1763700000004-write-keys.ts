import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers kept for writes that carried an idempotency key; `status` is null while the first one is being worked on. */
export class WriteKeys1763700000004 implements MigrationInterface {
  name = 'WriteKeys1763700000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE write_keys (
        key text COLLATE "C" NOT NULL,
        owner text NOT NULL,
        route text NOT NULL,
        request_hash text COLLATE "C" NOT NULL,
        status integer,
        answer text,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (key, owner, route)
      )`);
    await queryRunner.query('CREATE INDEX write_keys_by_age ON write_keys (created_at)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE write_keys');
  }
}
