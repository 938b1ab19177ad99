import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only one process at a time ends the state of a round. */
export class RoundLeases1763700000027 implements MigrationInterface {
  name = 'RoundLeases1763700000027';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_rounds ADD COLUMN worker text');
    await queryRunner.query('ALTER TABLE learning_rounds ADD COLUMN lease_until timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_rounds DROP COLUMN lease_until');
    await queryRunner.query('ALTER TABLE learning_rounds DROP COLUMN worker');
  }
}
