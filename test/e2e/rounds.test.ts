import { call } from '../support/accounts.js';
import { answerOnce, holdRows, runCommand, startServer, type TestServer } from '../support/index.js';
import {
  baseOf,
  personWith,
  repairingUpdate,
  RoundMember,
  roundReaches,
  startRoundServer,
  termsFor,
  type Round,
} from '../support/rounds.js';
import { ACCOUNT_SETTINGS } from '../support/accounts.js';

describe('rounds', () => {
  let server: TestServer;
  let env: Record<string, string>;
  let stranger: RoundMember;
  let members: RoundMember[];

  beforeAll(async () => {
    const started = await startRoundServer();
    ({ server, env } = started);
    const contributor = () => personWith(server, started.admin, 'user', 'contributor');
    members = [];
    for (const number of [11, 12, 13]) members.push(new RoundMember(server, await contributor(), number));
    stranger = new RoundMember(server, await personWith(server, started.admin, 'user'), 14);
  });
  afterAll(() => server?.stop());

  const codeOf = ({ status, body }: { status: number; body: Round | object }) => [
    status,
    (body as { code?: unknown }).code,
  ];

  it('make a better expert of three updates, one of them hostile, over a crash before they are combined', async () => {
    const [first, second, hostile] = members;
    const terms = await termsFor(server);
    const announced = await first.announce(terms);
    expect([announced.status, announced.body]).toEqual([
      201,
      expect.objectContaining({ state: 'announced', terms }),
    ]);
    const id = String(announced.body.round_id);
    for (const member of members) expect((await member.join(id)).status).toBe(200);
    await roundReaches(server, id, 'committing');

    const base = await baseOf(server, terms);
    const noisy = (seed: number) => (value: number, place: number) =>
      value * (1 + 0.02 * Math.sin(place * seed));
    const updates = [
      repairingUpdate(base, noisy(1.7)),
      repairingUpdate(base, noisy(2.3)),
      repairingUpdate(base, (value) => -1.5 * value),
    ];
    for (const [i, member] of members.entries())
      expect((await member.commit(id, updates[i])).status).toBe(200);
    await roundReaches(server, id, 'revealing');
    expect(codeOf(await second.reveal(id, updates[0]))).toEqual([422, 'ROUND_REVEAL_DIFFERS']);
    const held = await holdRows(server, 'learning_rounds', `NEW.state = 'aggregated'`);
    for (const [i, member] of [hostile, second, first].entries())
      expect((await member.reveal(id, updates[2 - i])).status).toBe(200);
    const all = async () => (await call(server, 'GET', `/learning/rounds/${id}`)).body as Round;
    await answerOnce(all, ({ is_over: over, state }) => over === true && state === 'revealing');
    await server.stop('SIGKILL');
    await held.release();
    const { dataDir, databaseUrl } = server;
    server = await startServer({ dataDir, database: String(databaseUrl), env: ACCOUNT_SETTINGS });
    for (const member of [...members, stranger]) member.server = server;

    const done = await roundReaches(server, id, 'submitted');
    const submission = String(done.submission_id);
    const judged = await answerOnce(
      async () => (await call(server, 'GET', `/learning/submissions/${submission}`)).body,
      ({ state }) => ['accepted', 'rejected'].includes(String(state)),
    );
    expect(judged).toMatchObject({ state: 'accepted', blocks: [{ name: terms.experts[0] }] });
    const { outcome } = done as unknown as { outcome: { members: { author: string; cosine: number }[] } };
    const cosines = new Map(outcome.members.map(({ author, cosine }) => [author, cosine]));
    expect(cosines.get(first.author)).toBeGreaterThan(0.9);
    expect(cosines.get(hostile.author)).toBeLessThan(-0.9);
    const again = await runCommand(['rounds', 'recompute', id, '--server', server.url, '--json'], env);
    expect([again.code, JSON.parse(again.stdout)]).toEqual([
      0,
      { round: id, published: done.aggregate, computed: done.aggregate, equal: true, members: 3 },
    ]);
  });
});
