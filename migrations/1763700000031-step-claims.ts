import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every claim of a step has a number that no other one has, also where an attempt is not counted. */
export class StepClaims1763700000031 implements MigrationInterface {
  name = 'StepClaims1763700000031';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE task_steps ADD COLUMN claim bigint NOT NULL DEFAULT 0');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE task_steps DROP COLUMN claim');
  }
}
