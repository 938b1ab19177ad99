import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Decisions, questions to guardians, their audit records, and settings that all replicas share while they run. */
export class Decisions1763700000007 implements MigrationInterface {
  name = 'Decisions1763700000007';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE decisions (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^decision_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        type text NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        parameters text NOT NULL,
        asked_by text NOT NULL,
        idempotency_key text COLLATE "C",
        request_hash text COLLATE "C" NOT NULL CHECK (request_hash ~ '^[0-9a-f]{64}$'),
        delegated boolean NOT NULL,
        emergency boolean NOT NULL,
        proposal text NOT NULL,
        appraisal text NOT NULL,
        model text NOT NULL,
        raw double precision NOT NULL,
        estimate double precision NOT NULL,
        intended text NOT NULL,
        matrix text COLLATE "C" NOT NULL,
        state text NOT NULL,
        automatic boolean NOT NULL,
        decided_by text,
        reason text,
        result text,
        helped boolean,
        detail text,
        lease_until timestamptz,
        acted_at timestamptz,
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL
      )`);
    await queryRunner.query(
      'CREATE UNIQUE INDEX decisions_by_key ON decisions (asked_by, idempotency_key) WHERE idempotency_key IS NOT NULL',
    );
    await queryRunner.query(
      'CREATE INDEX decisions_automatic ON decisions (type, acted_at) WHERE automatic AND acted_at IS NOT NULL',
    );
    await queryRunner.query(
      'CREATE INDEX decisions_judged ON decisions (type, model, position) WHERE helped IS NOT NULL',
    );
    await queryRunner.query(
      `CREATE INDEX decisions_open ON decisions (state) WHERE state IN ('approved', 'executing')`,
    );
    await queryRunner.query(`
      CREATE TABLE escalations (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^escalation_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        decision_id text COLLATE "C" NOT NULL UNIQUE REFERENCES decisions (id),
        state text NOT NULL,
        asked_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        answered_by text,
        answered_at timestamptz,
        reason text,
        amended text
      )`);
    await queryRunner.query(`CREATE INDEX escalations_open ON escalations (expires_at) WHERE state = 'open'`);
    await queryRunner.query(`
      CREATE TABLE guardian_audit (
        hash text COLLATE "C" PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        decision_id text COLLATE "C",
        record text NOT NULL
      )`);
    await queryRunner.query(
      'CREATE INDEX guardian_audit_by_decision ON guardian_audit (decision_id, position)',
    );
    await queryRunner.query(`
      CREATE TABLE shared_settings (
        name text COLLATE "C" PRIMARY KEY,
        value text NOT NULL,
        changed_by text NOT NULL,
        changed_at bigint NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE matrix_versions (
        hash text COLLATE "C" PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        content text NOT NULL,
        seen_at bigint NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['matrix_versions', 'shared_settings', 'guardian_audit', 'escalations', 'decisions'])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
