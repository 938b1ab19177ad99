import { api, liveVersion } from '../support/autonomy.js';
import { startDamagedServer } from '../support/damaged-server.js';
import { until, type TestServer } from '../support/index.js';
import { Submitter } from '../support/submissions.js';

interface Step {
  readonly action: string;
  readonly state: string;
  readonly why: string;
}

describe('accepted submissions on a server that nobody asks anything', () => {
  let server: TestServer;
  let contributor: Submitter;

  beforeAll(async () => {
    const settings = { AUTOPILOT_SECONDS: '1', LEARNING_ROLLOUT: 'staged', ROLLOUT_STAGE_SECONDS: '2' };
    ({ server } = await startDamagedServer(settings));
    contributor = new Submitter(server.url);
  });
  afterAll(() => server?.stop());

  const deployments = async (): Promise<Step[]> => {
    const { body } = await api(server, 'GET', '/api/autonomous/decisions?type=deployment');
    return (body.items as unknown as Step[]).toReversed();
  };
  const stages = async () => (await deployments()).map(({ action, state }) => [action, state]);
  const answer = async (how: 'approve' | 'reject') => {
    const path = `/api/guardian/escalations/${await contributor.question()}/${how}`;
    expect((await api(server, 'POST', path, { reason: 'the evaluation says so' })).status).toBe(200);
  };

  it('end where a guardian says no to the canary: nothing is staged any more', async () => {
    const { body } = await contributor.submit(await contributor.prepare());
    await contributor.reaches(String(body.submission_id), 'accepted');
    await answer('approve');
    await until('the canary is asked for', async () => (await deployments()).length === 2);
    await answer('reject');
    await until('nothing is staged', async () => {
      const [, , third] = await deployments();
      return third?.state === 'succeeded';
    });
    expect(await stages()).toEqual([
      ['shadow', 'succeeded'],
      ['canary', 'rejected'],
      ['withdraw', 'succeeded'],
    ]);
    expect(await liveVersion(server, 'genesis')).toBe('1.0.0');
  });

  it('go live in the end, by what their evaluation has measured', async () => {
    const { items } = await contributor.get('/learning/submissions');
    const [{ version }] = items as { version: string }[];
    const path = `/models/genesis/releases/${version}/promote?staged=true`;
    expect([200, 202]).toContain((await api(server, 'POST', path)).status);
    for (const stage of ['canary', 'promote']) {
      await until(`${stage} is asked for`, async () => (await deployments()).at(-1)?.action === stage);
      const { why } = (await deployments()).at(-1) as Step;
      expect(why).toContain('0 answers as');
      await answer('approve');
    }
    await until('it is live', async () => (await liveVersion(server, 'genesis')) === version);
  });
});
