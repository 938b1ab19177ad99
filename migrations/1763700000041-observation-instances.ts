import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['monitoring_observations', 'health_reports'];

/** Remembers which server an observation or a health report is of: several on one database may have the same name. */
export class ObservationInstances1763700000041 implements MigrationInterface {
  name = 'ObservationInstances1763700000041';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Null in what was written before.
    for (const table of TABLES)
      await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN instance text COLLATE "C"`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`ALTER TABLE ${table} DROP COLUMN instance`);
  }
}
