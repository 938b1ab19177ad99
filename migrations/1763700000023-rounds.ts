import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rounds in which several contributors train the same experts, with their members and what these have shown. */
export class Rounds1763700000023 implements MigrationInterface {
  name = 'Rounds1763700000023';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE learning_rounds (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^round_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        account text NOT NULL,
        model text COLLATE "C" NOT NULL,
        terms text NOT NULL,
        state text NOT NULL CHECK (state IN ('announced', 'committing', 'revealing', 'aggregated', 'submitted', 'failed')),
        due_at timestamptz NOT NULL,
        outcome text,
        submission text COLLATE "C",
        code text,
        detail text,
        attempts integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(
      `CREATE INDEX learning_rounds_open ON learning_rounds (due_at)
         WHERE state IN ('announced', 'committing', 'revealing', 'aggregated')`,
    );
    await queryRunner.query(
      'CREATE INDEX learning_rounds_by_submission ON learning_rounds (submission) WHERE submission IS NOT NULL',
    );
    await queryRunner.query(`
      CREATE TABLE learning_round_members (
        round text COLLATE "C" NOT NULL REFERENCES learning_rounds (id),
        author text COLLATE "C" NOT NULL CHECK (author ~ '^0[23][0-9a-f]{64}$'),
        account text NOT NULL,
        join_signature text COLLATE "C" NOT NULL,
        joined_at timestamptz NOT NULL DEFAULT now(),
        commitment text COLLATE "C",
        commit_signature text COLLATE "C",
        committed_at timestamptz,
        update_hash text COLLATE "C",
        update_bytes bytea,
        revealed_at timestamptz,
        code text,
        PRIMARY KEY (round, author),
        UNIQUE (round, account),
        UNIQUE (round, update_hash)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE learning_round_members');
    await queryRunner.query('DROP TABLE learning_rounds');
  }
}
