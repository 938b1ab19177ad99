import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Remembers which server an incident is of: several on one database may have the same name. */
export class IncidentInstances1763700000032 implements MigrationInterface {
  name = 'IncidentInstances1763700000032';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Null in what was written before.
    await queryRunner.query('ALTER TABLE incidents ADD COLUMN instance text COLLATE "C"');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE incidents DROP COLUMN instance');
  }
}
