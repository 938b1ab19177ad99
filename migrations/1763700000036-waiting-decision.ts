import type { MigrationInterface, QueryRunner } from 'typeorm';

const BEFORE = ['received', 'prefiltered', 'waiting_beacon', 'waiting_opening', 'evaluating', 'accepted'];
const ENDS = ['rejected', 'released', 'superseded'];
const DECISION = 'waiting_decision';

/** Submissions that wait until it is decided about another one of the same expert. */
export class WaitingDecision1763700000036 implements MigrationInterface {
  name = 'WaitingDecision1763700000036';

  async up(queryRunner: QueryRunner): Promise<void> {
    await allow(queryRunner, [...BEFORE, DECISION]);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `UPDATE learning_submissions SET state = 'evaluating', code = NULL, detail = NULL WHERE state = '${DECISION}'`,
    );
    await allow(queryRunner, BEFORE);
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
