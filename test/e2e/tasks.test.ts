import { answerOnce, startServer, type TestServer } from '../support/index.js';
import {
  call,
  openCheckpoint,
  rootOfProof,
  startCounter,
  waitForTask,
  type Counter,
  type TaskDocument,
} from '../support/tasks.js';

interface ProofDocument {
  readonly txid: number;
  readonly leaf: string;
  readonly tree_size: number;
  readonly hashes: readonly string[];
  readonly checkpoint: string;
  readonly log_key: string;
}

describe('tasks on a real server', () => {
  let server: TestServer;
  let counter: Counter;

  beforeAll(async () => {
    counter = await startCounter();
    server = await startServer({
      env: { IMPORT_GENESIS: 'false', PROBE_PRIVATE_ADDRESSES: 'true', TASK_RETRY_MS: '20' },
      until: 'listening',
    });
  });
  afterAll(async () => {
    counter.close();
    await server.stop();
  });

  const start = (parameters: object, task_type = 'http_probe') =>
    call<TaskDocument & { code: string; detail: string }>(server.url, 'POST', '/task/start', {
      task_type,
      parameters,
    });

  it('does a task and leaves a proof that checks out by the RFC', async () => {
    const { status, body } = await start({ url: counter.url, timeout_ms: 30_000 });
    expect(status).toBe(201);
    const task = await waitForTask(server.url, body.task_id, ['completed', 'failed']);
    expect(task).toMatchObject({
      state: 'completed',
      steps: [{ state: 'completed', attempts: 1, output: { status: 200 } }],
    });
    expect(counter.requests.splice(0)).toEqual([`${task.task_id}/0`]);
    const audit = await call<{ items: { event: string }[] }>(server.url, 'GET', `/audit/${task.task_id}`);
    expect(audit.body.items.map(({ event }) => event)).toEqual([
      'task.created',
      'step.started',
      'step.completed',
      'task.completed',
    ]);
    const proof = await call<ProofDocument>(server.url, 'GET', `/audit/verify/${task.steps[0].output_hash}`);
    checkProof(proof.body);
    expect(JSON.parse(proof.body.leaf)).toMatchObject({
      data: { task: task.task_id, event: 'step.completed' },
    });
  });

  it('tries again what may succeed, and fails with the reason what does not', async () => {
    counter.faults.push(503, 500);
    const tried = await waitForTask(
      server.url,
      (await start({ url: counter.url, timeout_ms: 30_000 })).body.task_id,
      ['completed', 'failed'],
    );
    expect(tried).toMatchObject({ state: 'completed', steps: [{ attempts: 3 }] });
    counter.faults.push(500, 500, 500);
    const failed = await waitForTask(
      server.url,
      (await start({ url: counter.url, timeout_ms: 30_000 })).body.task_id,
      ['completed', 'failed'],
    );
    expect(failed).toMatchObject({
      state: 'failed',
      code: 'PROBE_STATUS',
      steps: [{ state: 'failed', attempts: 3 }],
    });
    counter.faults.push(404);
    const final = await waitForTask(
      server.url,
      (await start({ url: counter.url, timeout_ms: 30_000 })).body.task_id,
      ['completed', 'failed'],
    );
    expect(final).toMatchObject({ state: 'failed', code: 'PROBE_STATUS', steps: [{ attempts: 1 }] });
    counter.requests.splice(0);
  });

  it('refuses types, parameters and steps that it does not know, each with its code', async () => {
    expect((await start({}, 'make_coffee')).body.code).toBe('TASK_TYPE_UNKNOWN');
    expect((await start({ url: 'ftp://x' })).body.code).toBe('PARAMETERS_INVALID');
    expect((await start({ url: counter.url, more: 1 })).body.code).toBe('PARAMETERS_INVALID');
    expect((await start({ url: `http://x/${'y'.repeat(20_000)}` })).body.code).toBe('PARAMETERS_TOO_LARGE');
    expect((await start({}, 'run_evaluation')).body.code).toBe('PARAMETERS_INVALID');
    expect((await start({ action: 'fly' }, 'generic_action')).body.code).toBe('ACTION_UNKNOWN');
    expect((await start({ action: 'run_evaluation' }, 'generic_action')).body.code).toBe(
      'PARAMETERS_INVALID',
    );
  });

  it('does one step once per key, and refuses the key for another', async () => {
    const body = {
      step_type: 'http_probe',
      parameters: { url: counter.url, timeout_ms: 30_000 },
      key: 'once-1',
    };
    const execute = () => call<{ task_id: string; state: string }>(server.url, 'POST', '/execute', body);
    // A call waits ten seconds for the step; the same call again goes on waiting.
    const first = await answerOnce(execute, (answer) => ['completed', 'failed'].includes(answer.body.state));
    expect(first).toMatchObject({ status: 200, body: { state: 'completed' } });
    const second = await call(server.url, 'POST', '/execute', body);
    expect(second.body).toEqual(first.body);
    expect(counter.requests.splice(0)).toHaveLength(1);
    const other = { ...body, parameters: { ...body.parameters, expect_status: 201 } };
    expect(await call(server.url, 'POST', '/execute', other)).toMatchObject({
      status: 409,
      body: { code: 'EXECUTION_KEY_REUSED' },
    });
    const read = await call(server.url, 'GET', `/execution/${String(first.body.task_id)}/0`);
    expect(read.body).toEqual(first.body);
  });

  it('waits for an approval of exactly this plan; the first answer counts', async () => {
    const parameters = { folder: '/there/is/nothing' };
    const { body } = await start(parameters, 'import_model');
    const waiting = await waitForTask(server.url, body.task_id, ['waiting_approval']);
    expect(waiting.steps[0]).toMatchObject({ state: 'waiting_approval', approval: { state: 'pending' } });
    const path = `/task/${body.task_id}/approve`;
    const wrong = { approved: true, reason: 'fine', plan_hash: '0'.repeat(64) };
    expect(await call(server.url, 'POST', path, wrong)).toMatchObject({
      status: 409,
      body: { code: 'PLAN_CHANGED' },
    });
    const answers = await Promise.all(
      [true, false, true, false].map((approved) =>
        call(server.url, 'POST', path, { approved, reason: 'at once' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const late = answers.find(({ status }) => status === 409);
    expect(late?.body).toMatchObject({ code: 'APPROVAL_DECIDED', facts: { by: 'local', reason: 'at once' } });
    const ended = await waitForTask(server.url, body.task_id, ['failed', 'rejected', 'completed']);
    expect(['failed', 'rejected']).toContain(ended.state);
  });

  it('cancels a task that waits, and nothing after its end', async () => {
    const { body } = await start({ folder: '/nothing' }, 'import_model');
    await waitForTask(server.url, body.task_id, ['waiting_approval']);
    const path = `/task/${body.task_id}/cancel`;
    expect(await call(server.url, 'POST', path, { reason: 'no' })).toMatchObject({
      body: { state: 'cancelled' },
    });
    expect(await call(server.url, 'POST', path, {})).toMatchObject({
      status: 409,
      body: { code: 'TASK_OVER' },
    });
    const approve = await call(server.url, 'POST', `/task/${body.task_id}/approve`, {
      approved: true,
      reason: 'late',
    });
    expect(approve).toMatchObject({ status: 409, body: { code: 'APPROVAL_DECIDED' } });
  });

  it('does a plan that was made before', async () => {
    const { body } = await call(server.url, 'POST', '/plan/create', {
      task_type: 'http_probe',
      parameters: { url: counter.url },
    });
    const executed = await call<TaskDocument>(server.url, 'POST', '/plan/execute', { plan_id: body.plan_id });
    expect(await waitForTask(server.url, executed.body.task_id, ['completed'])).toMatchObject({
      plan_hash: body.plan_hash,
    });
  });

  it('anchors any hash, and proves it by hash and by number', async () => {
    const hash = 'ab'.repeat(32);
    const written = await call<ProofDocument>(server.url, 'POST', '/write', { hash, note: 'mine' });
    expect(written.status).toBe(200);
    checkProof(written.body);
    const again = await call<ProofDocument>(server.url, 'POST', '/write', { hash });
    expect(again.body.txid).toBe(written.body.txid);
    const byHash = await call<ProofDocument>(server.url, 'GET', `/verify/${hash}`);
    const byNumber = await call<ProofDocument>(server.url, 'GET', `/tx/${written.body.txid}`);
    checkProof(byHash.body);
    expect(byNumber.body.leaf).toBe(byHash.body.leaf);
    expect((await call(server.url, 'GET', `/verify/${'cd'.repeat(32)}`)).body.code).toBe('HASH_NOT_LOGGED');
  });

  it('lists tasks page by page, and says what the policies are', async () => {
    const first = await call<{ items: TaskDocument[]; next_cursor: string }>(
      server.url,
      'GET',
      '/tasks?limit=2',
    );
    expect(first.body.items).toHaveLength(2);
    const next = await call<{ items: TaskDocument[] }>(
      server.url,
      'GET',
      `/tasks?limit=2&cursor=${first.body.next_cursor}`,
    );
    expect(next.body.items[0].task_id).not.toBe(first.body.items[1].task_id);
    const policy = await call(server.url, 'GET', '/policy?action_type=import_model');
    expect(policy.body).toMatchObject({ problem: null, rules: [{ requires_approval: true }] });
    const rules = 'version: 1\nrules:\n  - {action_type: http_probe, allowed: false}\n';
    const replay = await call(server.url, 'POST', '/policy/replay', { policy: rules, last: 50 });
    expect(replay.status).toBe(200);
    expect(Number(replay.body.differing)).toBeGreaterThan(2);
  });
});

/** Checks a proof without any code of the server: RFC 6962 path, then the signature of the note. */
function checkProof({ leaf, txid, tree_size, hashes, checkpoint, log_key }: ProofDocument): void {
  expect(openCheckpoint(checkpoint, log_key)).toEqual({
    size: tree_size,
    root: rootOfProof(leaf, txid, tree_size, hashes),
  });
}
