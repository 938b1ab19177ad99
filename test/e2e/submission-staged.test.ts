import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { api, liveVersion } from '../support/autonomy.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { startServer, until, type TestServer } from '../support/index.js';
import { Submitter, type Body, type Submission } from '../support/submissions.js';

/** Answers of a stage, or of a release, that say enough. */
const ANSWERS = 12;
/** A byte of a payload that is changed. */
const CHANGED = 999;

interface Step {
  readonly action: string;
  readonly state: string;
  readonly asked_by: string;
  readonly parameters: Body;
}

describe('an accepted submission that is to come to people by stages', () => {
  const env = {
    ...{ IMPORT_GENESIS: 'false', AUTOPILOT_SECONDS: '1', HEALING: 'off', LEARNING_ROLLOUT: 'staged' },
  };
  let server: TestServer;
  let contributor: Submitter;
  let released: Submission;
  let asked = 0;

  beforeAll(async () => {
    ({ server } = await startDamagedServer(env));
    contributor = new Submitter(server.url);
  });
  afterAll(() => server?.stop());

  const ask = () => {
    const messages = [{ role: 'user', content: `What is ${asked++ % 90} + 2?` }];
    return api(server, 'POST', '/v1/chat/completions', { model: 'genesis', messages, max_tokens: 2 });
  };
  const live = () => liveVersion(server, 'genesis');
  const decisions = async (type: string): Promise<Step[]> => {
    const { body } = await api(server, 'GET', `/api/autonomous/decisions?type=${type}`);
    return (body.items as unknown as Step[]).toReversed();
  };

  it('is a shadow, then a canary, and live when guardians have said yes to each', async () => {
    const { body } = await contributor.submit(await contributor.prepare());
    const id = String(body.submission_id);
    await contributor.reaches(id, 'accepted');
    const stateOf = async () => (await contributor.get<Submission>(`/learning/submissions/${id}`)).state;
    const seen: string[] = [];
    await until('it is released', async () => {
      for (let i = 0; i < ANSWERS; i++) expect((await ask()).status).toBe(200);
      const { body: questions } = await api(server, 'GET', '/api/guardian/escalations?state=open');
      for (const { escalation_id: question, decision } of questions.items as unknown as {
        escalation_id: string;
        decision: Step;
      }[]) {
        // While a stage is asked for, what was live before answers.
        expect(await live()).toBe('1.0.0');
        seen.push(decision.action);
        const path = `/api/guardian/escalations/${question}/approve`;
        expect((await api(server, 'POST', path, { reason: 'it is better' })).status).toBe(200);
      }
      return (await stateOf()) === 'released';
    });
    released = await contributor.get<Submission>(`/learning/submissions/${id}`);
    expect([await live(), released.version]).toEqual(['1.0.1', '1.0.1']);
    // Nothing of its training was shown.
    const detail = expect.stringContaining('manifest of version 1') as string;
    expect(released.verdict).toMatchObject({
      notes: [{ code: 'NOT_AUDITED', detail }],
      rewarded: { fall: 0, before: 0, reason: { code: 'NOT_AUDITED', detail } },
    });
    expect(seen[0]).toBe('shadow');
    const steps = await decisions('deployment');
    expect(steps.map(({ action, state }) => [action, state])).toEqual([
      ['shadow', 'succeeded'],
      ['canary', 'succeeded'],
      ['promote', 'succeeded'],
    ]);
    expect(steps.map(({ asked_by: by }) => by)).toEqual(['learning', 'autopilot', 'autopilot']);
    expect(steps.every(({ parameters }) => parameters.version === '1.0.1')).toBe(true);
  });

  it('goes back by itself when its answers fail', async () => {
    for (let i = 0; i < ANSWERS; i++) expect((await ask()).status).toBe(200);
    // The weights are read again by another process, and are not what their block says.
    const [{ hash }] = released.blocks as { hash: string }[];
    const file = await weightsOf(hash);
    await server.stop();
    writeFileSync(
      file,
      readFileSync(file).map((byte, at) => (at === CHANGED ? byte ^ 1 : byte)),
    );
    const { dataDir, databaseUrl } = server;
    server = await startServer({ dataDir, database: String(databaseUrl), env, until: 'listening' });
    await until('the release before answers', async () => {
      await ask();
      return (await live()) === '1.0.0';
    });
    // A guardian may have been asked before because the first token was late, which a busy machine can make it.
    expect((await decisions('rollback')).at(-1)).toMatchObject({
      action: 'previous_release',
      asked_by: 'autopilot',
      automatic: true,
    });
    expect((await ask()).status).toBe(200);
  });

  /** The file with the weights of a block of chain B. */
  async function weightsOf(block: string): Promise<string> {
    const { header } = await contributor.get<{ header: { payload_hash: string } }>(
      `/chain/B/blocks/${block}`,
    );
    const folder = join(server.dataDir, 'blobs', 'payloads');
    const files = readdirSync(folder, { recursive: true }).map(String);
    const file = files.find((each) => each.endsWith(header.payload_hash));
    if (file === undefined) throw new Error(`there is no file of ${block}`);
    return join(folder, file);
  }
});
