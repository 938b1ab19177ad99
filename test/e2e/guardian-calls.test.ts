import { api, importTwoReleases, type DecisionDocument } from '../support/autonomy.js';
import { startServer, until, type TestServer } from '../support/index.js';
import { startHttpReceiver, type Receiver } from '../support/receivers.js';

let server: TestServer;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startHttpReceiver();
  server = await startServer({
    env: {
      IMPORT_GENESIS: 'false',
      NOTIFY_WEBHOOK_URL: `http://${receiver.host}/stemma`,
      NOTIFY_WEBHOOK_SECRET: 'a-secret-of-several-words',
      NOTIFY_PRIVATE_ADDRESSES: 'true',
    },
    until: 'listening',
  });
  await importTwoReleases(server);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
});

const told = () =>
  receiver.received.map(({ body }) => JSON.parse(body) as { key: string; event: string; text: string });

describe('a question to the guardians', () => {
  it('calls them once, with all that is asked, and tells them when it is answered', async () => {
    const ask = {
      type: 'deployment',
      action: 'promote',
      parameters: { model: 'mixtral-a', version: '1.0.1' },
    };
    const { body } = await api(server, 'POST', '/api/autonomous/decision', {
      ...ask,
      idempotency_key: 'one',
    });
    const { decision_id: decision } = body as unknown as DecisionDocument;
    const shown = (await api(server, 'GET', `/api/autonomous/decisions/${decision}`)).body;
    const { escalation_id: id } = (shown as unknown as Required<DecisionDocument>).escalation ?? {};
    const key = `escalation:${id}`;
    const toldOf = (event: string) => told().filter((notice) => notice.key === key && notice.event === event);
    await until('the call', () => toldOf('raised').length > 0);
    expect(toldOf('raised')[0].text).toContain('it is not done');
    await api(server, 'POST', '/api/autonomous/decision', { ...ask, idempotency_key: 'one' });
    const path = `/api/guardian/escalations/${id}/reject`;
    expect((await api(server, 'POST', path, { reason: 'not today' })).status).toBe(200);
    await until('the end', () => toldOf('settled').length > 0);
    expect(toldOf('raised')).toHaveLength(1);
  });

  it('counts in what the monitoring knows of decisions', async () => {
    const { body } = await api(server, 'POST', '/api/monitoring/agents/decision/run', {});
    expect(body).toMatchObject({ measures: { decisions: 1, escalated: 1 } });
  });
});
