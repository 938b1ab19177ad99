import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Epochs of rewards. Like the ledger they only grow. */
export class RewardsEpochs1763700000017 implements MigrationInterface {
  name = 'RewardsEpochs1763700000017';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE reward_epochs (
        number bigint PRIMARY KEY CHECK (number > 0),
        first_leaf bigint NOT NULL CHECK (first_leaf >= 0),
        end_leaf bigint NOT NULL CHECK (end_leaf > first_leaf),
        hash text COLLATE "C" NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
        summary text NOT NULL,
        record text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON reward_epochs
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE reward_epochs');
  }
}
