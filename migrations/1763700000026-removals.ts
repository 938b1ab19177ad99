import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Removals of experts from models, with what was measured of each. */
export class Removals1763700000026 implements MigrationInterface {
  name = 'Removals1763700000026';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE learning_removals (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^removal_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        account text NOT NULL,
        model text COLLATE "C" NOT NULL,
        statement text NOT NULL,
        state text NOT NULL CHECK (state IN
          ('received', 'waiting_beacon', 'measuring', 'measured', 'released', 'superseded', 'failed')),
        beacon text,
        effect text,
        effect_hash text COLLATE "C",
        release text COLLATE "C",
        version text,
        decision text,
        code text,
        detail text,
        attempts integer NOT NULL DEFAULT 0,
        worker text,
        lease_until timestamptz,
        due_at timestamptz NOT NULL DEFAULT now(),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(
      `CREATE INDEX learning_removals_open ON learning_removals (due_at)
         WHERE state IN ('received', 'waiting_beacon', 'measuring', 'measured')`,
    );
    await queryRunner.query('CREATE INDEX learning_removals_by_model ON learning_removals (model, position)');
    await queryRunner.query(
      'CREATE INDEX learning_removals_by_release ON learning_removals (release) WHERE release IS NOT NULL',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE learning_removals');
  }
}
