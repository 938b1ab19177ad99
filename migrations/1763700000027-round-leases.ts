import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Only one process at a time ends the state of a round, and a private one knows by which noise. */
export class RoundLeases1763700000027 implements MigrationInterface {
  name = 'RoundLeases1763700000027';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_rounds ADD COLUMN worker text');
    await queryRunner.query('ALTER TABLE learning_rounds ADD COLUMN lease_until timestamptz');
    await queryRunner.query('ALTER TABLE learning_rounds ADD COLUMN noise text COLLATE "C"');
    await queryRunner.query(
      'CREATE INDEX learning_round_members_by_account ON learning_round_members (account)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX learning_round_members_by_account');
    await queryRunner.query('ALTER TABLE learning_rounds DROP COLUMN noise');
    await queryRunner.query('ALTER TABLE learning_rounds DROP COLUMN lease_until');
    await queryRunner.query('ALTER TABLE learning_rounds DROP COLUMN worker');
  }
}
