import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Releases as chain A tells of them, and which one of each model is live. Both can be rebuilt from chain and log. */
export class Models1763700000002 implements MigrationInterface {
  name = 'Models1763700000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE releases (
        hash text COLLATE "C" PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        chain_index bigint NOT NULL UNIQUE,
        model text COLLATE "C" NOT NULL,
        version text NOT NULL,
        dtype text,
        meta text COLLATE "C" NOT NULL,
        tokenizer text COLLATE "C",
        parent text COLLATE "C",
        block_time bigint NOT NULL,
        UNIQUE (model, version)
      )`);
    await queryRunner.query(`
      CREATE TABLE models (
        name text COLLATE "C" PRIMARY KEY,
        live_release text COLLATE "C" REFERENCES releases (hash) DEFERRABLE INITIALLY DEFERRED
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE models');
    await queryRunner.query('DROP TABLE releases');
  }
}
