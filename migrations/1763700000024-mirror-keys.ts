import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a measurement was asked for by, so that asking again does not measure again. */
export class MirrorKeys1763700000024 implements MigrationInterface {
  name = 'MirrorKeys1763700000024';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE mirror_runs ADD COLUMN key text');
    await queryRunner.query(
      'CREATE INDEX mirror_runs_by_key ON mirror_runs (key, position) WHERE key IS NOT NULL',
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX mirror_runs_once_per_key ON mirror_runs (key) WHERE state = 'completed'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX mirror_runs_once_per_key');
    await queryRunner.query('DROP INDEX mirror_runs_by_key');
    await queryRunner.query('ALTER TABLE mirror_runs DROP COLUMN key');
  }
}
