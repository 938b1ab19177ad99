import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which version of the policies was in force last, so that a server that starts with broken files goes on with it. */
export class PoliciesInForce1763700000028 implements MigrationInterface {
  name = 'PoliciesInForce1763700000028';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE policies_in_force (
        folder text COLLATE "C" PRIMARY KEY,
        hash text COLLATE "C" NOT NULL REFERENCES policy_versions (hash),
        since timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE policies_in_force');
  }
}
