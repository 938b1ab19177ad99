import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Lets an attempt stand without an outcome: one that ends the server is settled by the server that starts next, if one does. And
 * finds what one server measured over months without reading what the others did.
 */
export class OutcomesAndHistory1763700000045 implements MigrationInterface {
  name = 'OutcomesAndHistory1763700000045';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE healing_attempts ALTER COLUMN helped DROP NOT NULL');
    await queryRunner.query(
      'CREATE INDEX monitoring_observations_by_server ON monitoring_observations (agent, instance, at)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX monitoring_observations_by_server');
    // What nobody saw help has not been seen to.
    await queryRunner.query('UPDATE healing_attempts SET helped = false WHERE helped IS NULL');
    await queryRunner.query('ALTER TABLE healing_attempts ALTER COLUMN helped SET NOT NULL');
  }
}
