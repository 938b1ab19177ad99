import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Since when a submission waits for the decision about another one, which no change of its state sets back. */
export class WaitingSince1763700000037 implements MigrationInterface {
  name = 'WaitingSince1763700000037';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_submissions ADD COLUMN waiting_since timestamptz');
    await queryRunner.query(
      `UPDATE learning_submissions SET waiting_since = updated_at WHERE state = 'waiting_decision'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_submissions DROP COLUMN waiting_since');
  }
}
