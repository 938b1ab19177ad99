import type { MigrationInterface, QueryRunner } from 'typeorm';

const BEFORE = ['received', 'prefiltered', 'waiting_beacon', 'evaluating', 'accepted'];
const ENDS = ['rejected', 'released', 'superseded'];
const OPENING = 'waiting_opening';

/** Submissions that wait until drawn updates of their training are shown. */
export class Openings1763700000016 implements MigrationInterface {
  name = 'Openings1763700000016';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_submissions ADD COLUMN opening text');
    await allow(queryRunner, [...BEFORE, OPENING]);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE learning_submissions SET state = 'rejected', code = 'SUBMISSION_NOT_MEASURED', counts = false WHERE state = '${OPENING}'`,
    );
    await allow(queryRunner, BEFORE);
    await queryRunner.query('ALTER TABLE learning_submissions DROP COLUMN opening');
  }
}

/** Sets the states that rows may have; the first ones are those with work to do. */
async function allow(queryRunner: QueryRunner, open: readonly string[]): Promise<void> {
  const list = (states: readonly string[]) => states.map((state) => `'${state}'`).join(', ');
  await queryRunner.query(
    `ALTER TABLE learning_submissions DROP CONSTRAINT learning_submissions_state_check,
       ADD CONSTRAINT learning_submissions_state_check CHECK (state IN (${list([...open, ...ENDS])}))`,
  );
  await queryRunner.query('DROP INDEX learning_submissions_open');
  await queryRunner.query(
    `CREATE INDEX learning_submissions_open ON learning_submissions (position) WHERE state IN (${list(open)})`,
  );
}
