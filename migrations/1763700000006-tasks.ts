import type { MigrationInterface, QueryRunner } from 'typeorm';

const HASH = `COLLATE "C" NOT NULL CHECK (%s ~ '^[0-9a-f]{64}$')`;

/** Plans, tasks, steps, approvals, their audit records, policy versions, and transactions of EVM chains. */
export class Tasks1763700000006 implements MigrationInterface {
  name = 'Tasks1763700000006';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE task_plans (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^plan_[0-9a-f]{32}$'),
        owner text NOT NULL,
        plan_hash text ${HASH.replace('%s', 'plan_hash')},
        plan text NOT NULL,
        verdict text NOT NULL,
        created_at bigint NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE tasks (
        id text COLLATE "C" PRIMARY KEY CHECK (id ~ '^task_[0-9a-f]{32}$'),
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        owner text NOT NULL,
        plan_id text COLLATE "C" NOT NULL REFERENCES task_plans (id),
        task_type text NOT NULL,
        action_type text NOT NULL,
        risk text NOT NULL,
        description text NOT NULL,
        amount numeric(78, 0),
        roles text NOT NULL,
        state text NOT NULL,
        code text,
        reason text,
        created_at bigint NOT NULL,
        updated_at bigint NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX tasks_by_owner ON tasks (owner, position)');
    await queryRunner.query('CREATE INDEX tasks_by_state ON tasks (state, position)');
    await queryRunner.query(`
      CREATE TABLE task_steps (
        task_id text COLLATE "C" NOT NULL REFERENCES tasks (id),
        step_index integer NOT NULL CHECK (step_index >= 0),
        type text NOT NULL,
        action_type text NOT NULL,
        effect text NOT NULL CHECK (effect IN ('none', 'idempotent', 'once')),
        parameters text NOT NULL,
        delay_ms integer NOT NULL DEFAULT 0 CHECK (delay_ms >= 0),
        needs_approval boolean NOT NULL,
        four_eyes boolean NOT NULL,
        amount numeric(78, 0),
        spent_at timestamptz,
        state text NOT NULL,
        attempts integer NOT NULL DEFAULT 0,
        instance text,
        worker text,
        lease_until timestamptz,
        kept text,
        input_hash text ${HASH.replace('%s', 'input_hash')},
        output text,
        output_hash text COLLATE "C",
        code text,
        detail text,
        started_at bigint,
        finished_at bigint,
        PRIMARY KEY (task_id, step_index)
      )`);
    await queryRunner.query(
      `CREATE INDEX task_steps_open ON task_steps (state) WHERE state IN ('ready', 'executing')`,
    );
    await queryRunner.query(
      'CREATE INDEX task_steps_spent ON task_steps (action_type, spent_at) WHERE spent_at IS NOT NULL',
    );
    await queryRunner.query(`
      CREATE TABLE task_approvals (
        task_id text COLLATE "C" NOT NULL,
        step_index integer NOT NULL,
        plan_hash text ${HASH.replace('%s', 'plan_hash')},
        four_eyes boolean NOT NULL,
        state text NOT NULL,
        requested_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        reason text,
        PRIMARY KEY (task_id, step_index),
        FOREIGN KEY (task_id, step_index) REFERENCES task_steps (task_id, step_index)
      )`);
    await queryRunner.query(
      `CREATE INDEX task_approvals_pending ON task_approvals (expires_at) WHERE state = 'pending'`,
    );
    await queryRunner.query(`
      CREATE TABLE task_audit (
        hash text ${HASH.replace('%s', 'hash')} PRIMARY KEY,
        position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
        task_id text COLLATE "C" NOT NULL,
        input_hash text COLLATE "C",
        output_hash text COLLATE "C",
        record text NOT NULL
      )`);
    await queryRunner.query('CREATE INDEX task_audit_by_task ON task_audit (task_id, position)');
    await queryRunner.query('CREATE INDEX task_audit_by_input ON task_audit (input_hash)');
    await queryRunner.query('CREATE INDEX task_audit_by_output ON task_audit (output_hash)');
    await queryRunner.query(`
      CREATE TABLE step_keys (
        key text COLLATE "C" NOT NULL,
        owner text NOT NULL,
        request_hash text COLLATE "C" NOT NULL,
        task_id text COLLATE "C" NOT NULL REFERENCES tasks (id),
        PRIMARY KEY (owner, key)
      )`);
    await queryRunner.query(`
      CREATE TABLE policy_versions (
        hash text ${HASH.replace('%s', 'hash')} PRIMARY KEY,
        content text NOT NULL,
        seen_at bigint NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE evm_accounts (
        chain_id bigint NOT NULL,
        address text COLLATE "C" NOT NULL,
        next_nonce bigint NOT NULL CHECK (next_nonce >= 0),
        PRIMARY KEY (chain_id, address)
      )`);
    await queryRunner.query(`
      CREATE TABLE evm_transactions (
        step_key text COLLATE "C" PRIMARY KEY,
        chain_id bigint NOT NULL,
        address text COLLATE "C" NOT NULL,
        nonce bigint NOT NULL CHECK (nonce >= 0),
        hash text COLLATE "C" NOT NULL,
        raw text NOT NULL,
        created_at bigint NOT NULL,
        UNIQUE (chain_id, address, nonce)
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The queue makes its own schema when it first runs; its jobs mean nothing without these tables.
    await queryRunner.query('DROP SCHEMA IF EXISTS graphile_worker CASCADE');
    for (const table of [
      'evm_transactions',
      'evm_accounts',
      'policy_versions',
      'step_keys',
      'task_audit',
      'task_approvals',
      'task_steps',
      'tasks',
      'task_plans',
    ])
      await queryRunner.query(`DROP TABLE ${table}`);
  }
}
