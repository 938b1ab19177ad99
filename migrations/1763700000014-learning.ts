import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Submissions of trained experts and what became of them. */
export class Learning1763700000014 implements MigrationInterface {
  name = 'Learning1763700000014';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE learning_submissions (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^submission_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        account text NOT NULL,
        author text COLLATE "C" NOT NULL,
        model text COLLATE "C" NOT NULL,
        parent_release text COLLATE "C" NOT NULL CHECK (parent_release ~ '^[0-9a-f]{64}$'),
        statement text NOT NULL,
        signature text COLLATE "C" NOT NULL,
        manifest text NOT NULL,
        headers text NOT NULL,
        state text NOT NULL CHECK (state IN ('received', 'prefiltered', 'waiting_beacon', 'evaluating', 'accepted', 'rejected',
          'released', 'superseded')),
        checks text NOT NULL,
        beacon text,
        verdict text,
        verdict_hash text COLLATE "C",
        verdict_block text COLLATE "C",
        release text COLLATE "C",
        version text,
        decision text,
        code text,
        detail text,
        counts boolean NOT NULL DEFAULT true,
        attempts integer NOT NULL DEFAULT 0,
        instance text,
        worker text,
        lease_until timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        judged_at timestamptz
      )`);
    await queryRunner.query(
      'CREATE INDEX learning_submissions_by_account ON learning_submissions (account, created_at)',
    );
    await queryRunner.query(
      `CREATE INDEX learning_submissions_open ON learning_submissions (position)
         WHERE state IN ('received', 'prefiltered', 'waiting_beacon', 'evaluating', 'accepted')`,
    );
    await queryRunner.query(
      `CREATE INDEX learning_submissions_judged ON learning_submissions (account, judged_at) WHERE judged_at IS NOT NULL`,
    );
    await queryRunner.query(
      'CREATE INDEX learning_submissions_by_release ON learning_submissions (release) WHERE release IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE learning_submissions');
  }
}
