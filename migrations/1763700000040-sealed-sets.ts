import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Sealed sets of examples, what was drawn from each, the texts that are known by that, and which approved datasets each was compared with. */
export class SealedSets1763700000040 implements MigrationInterface {
  name = 'SealedSets1763700000040';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE learning_sealed_sets (
        root text COLLATE "C" PRIMARY KEY CHECK (root ~ '^[0-9a-f]{64}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        model text COLLATE "C" NOT NULL,
        commitment text NOT NULL,
        account text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(
      'CREATE INDEX learning_sealed_sets_by_model ON learning_sealed_sets (model, position)',
    );
    await queryRunner.query(`
      CREATE TABLE learning_sealed_draws (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        set_root text COLLATE "C" NOT NULL REFERENCES learning_sealed_sets (root),
        subject text COLLATE "C" NOT NULL,
        round integer NOT NULL CHECK (round >= 0),
        beacon text COLLATE "C" NOT NULL,
        drawn text NOT NULL,
        skipped text NOT NULL,
        examples text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (subject, round)
      )`);
    await queryRunner.query(
      'CREATE INDEX learning_sealed_draws_by_set ON learning_sealed_draws (set_root, position)',
    );
    await queryRunner.query(`
      CREATE TABLE learning_sealed_opened (
        text_key text COLLATE "C" PRIMARY KEY,
        set_root text COLLATE "C" NOT NULL REFERENCES learning_sealed_sets (root)
      )`);
    await queryRunner.query(`
      CREATE TABLE learning_sealed_scans (
        set_root text COLLATE "C" NOT NULL REFERENCES learning_sealed_sets (root),
        dataset text COLLATE "C" NOT NULL,
        found text NOT NULL,
        PRIMARY KEY (set_root, dataset)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE learning_sealed_scans');
    await queryRunner.query('DROP TABLE learning_sealed_opened');
    await queryRunner.query('DROP TABLE learning_sealed_draws');
    await queryRunner.query('DROP TABLE learning_sealed_sets');
  }
}
