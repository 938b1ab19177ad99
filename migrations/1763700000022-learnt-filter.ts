import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pre-filters that were learnt from verdicts, newest last. */
export class LearntFilter1763700000022 implements MigrationInterface {
  name = 'LearntFilter1763700000022';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE learning_filters (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        input text COLLATE "C" NOT NULL UNIQUE CHECK (input ~ '^[0-9a-f]{64}$'),
        filter text NOT NULL,
        trained_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(
      `CREATE INDEX learning_submissions_filtered ON learning_submissions (judged_at DESC)
         WHERE judged_at IS NOT NULL AND checks LIKE '%"learnt_filter"%'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX learning_submissions_filtered');
    await queryRunner.query('DROP TABLE learning_filters');
  }
}
