import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was shown in a round can go away, while it stays known how much it was. */
export class RoundRetention1763700000025 implements MigrationInterface {
  name = 'RoundRetention1763700000025';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE learning_round_members ADD COLUMN update_size integer');
    await queryRunner.query('UPDATE learning_round_members SET update_size = length(update_bytes)');
    await queryRunner.query(
      'CREATE INDEX learning_round_members_kept ON learning_round_members (round) WHERE update_bytes IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX learning_round_members_kept');
    await queryRunner.query('ALTER TABLE learning_round_members DROP COLUMN update_size');
  }
}
