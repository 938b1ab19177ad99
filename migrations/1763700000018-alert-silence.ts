import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembers of which alerts nobody has been told, because they were silenced. */
export class AlertSilence1763700000018 implements MigrationInterface {
  name = 'AlertSilence1763700000018';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE alerts ADD COLUMN untold boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE alerts DROP COLUMN untold');
  }
}
