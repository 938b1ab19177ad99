import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, mixture } from '../../src/datasets/generators/index.js';
import { encodeDelta } from '../../src/learning/delta/delta-codec.js';
import { recomputeRoundOf } from '../../src/learning/rounds/recompute-round.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import { ACCOUNT_SETTINGS, call } from '../support/accounts.js';
import {
  AMONG_TESTS,
  answerOnce,
  holdRows,
  runCommand,
  startServer,
  temporaryFolder,
  type TestServer,
} from '../support/index.js';
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
    // Far enough apart (cosine 0.94) to be two updates and not near-copies, which would share one part.
    const noisy = (seed: number) => (value: number, place: number) =>
      value * (1 + 0.35 * Math.sin(place * seed));
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
    const { members: paid } = judged.verdict as { members: { author: string; weight: number }[] };
    expect(new Map(paid.map(({ author, weight }) => [author, weight > 900_000]))).toEqual(
      new Map(members.map(({ author }) => [author, author !== hostile.author])),
    );
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

  it('are taken part in by commands alone, from the training to the same result made again', async () => {
    const [person, other] = members;
    const own = { ...env, STEMMA_TOKEN: person.person.token };
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await runCommand([...args, '--server', server.url, '--json'], own);
      expect([args, code, stderr]).toEqual([args, 0, expect.anything()]);
      return JSON.parse(stdout) as Round;
    };
    const announced = await run(
      ...['rounds', 'announce', '--experts', 'layer0.expert0', '--aggregator', 'mean', '--faulty', '0'],
      ...['--minimum', '2', '--most', '2', '--steps', '2', '--batch-tokens', '256'],
    );
    const id = announced.round_id;
    await run('rounds', 'join', id);
    expect((await other.join(id)).status).toBe(200);
    await roundReaches(server, id, 'committing');

    const folder = temporaryFolder('round-training');
    mkdirSync(folder, { recursive: true });
    const data = join(folder, 'data.jsonl');
    const documents = [...first(60, mixture('train', 'round'))].map((example) => JSON.stringify(example));
    writeFileSync(data, documents.join('\n'));
    const out = join(folder, 'out');
    const trained = await run(
      ...['train', '--round', id, '--data', data, '--out', out, '--minutes', '60', ...AMONG_TESTS],
    );
    expect(trained.updates).toBe(2);
    await run('rounds', 'commit', id, out, '--rank', '4');
    const terms = (await run('rounds', 'show', id)).terms as RoundTerms;
    const base = await baseOf(server, terms);
    const size = base.tensors.reduce((sum, { values }) => sum + values.length, 0);
    const changes = base.tensors.map(({ block, tensor, rows, columns, values }) => {
      const moved = values.map((value) => value / 50 + base.length / size);
      return [`${block}/${tensor}`, { rows, columns, values: moved }] as const;
    });
    const update = encodeDelta(new Map(changes), { rank: 2, share: 0, bits: 8 });
    expect((await other.commit(id, update)).status).toBe(200);
    await roundReaches(server, id, 'revealing');
    await run('rounds', 'reveal', id, out);
    expect((await other.reveal(id, update)).status).toBe(200);
    await roundReaches(server, id, 'submitted');
    const again = await run('rounds', 'recompute', id);
    expect(again).toMatchObject({ equal: true, members: 2 });
    const forged = (kind: string, change: (data: Record<string, unknown>) => void) =>
      recomputeRoundOf(id, async (path) => {
        const response = await fetch(`${server.url}${path}`);
        if (!path.includes(`kind=learning.round.${kind}&`)) return response;
        const body = (await response.json()) as { items: { data: Record<string, unknown> }[] };
        for (const { data } of body.items) change(data);
        return Response.json(body);
      });
    const payee = (data: Record<string, unknown>) =>
      ((data.members as { author: string }[])[0].author = 'me');
    expect(await forged('aggregated', () => undefined)).toMatchObject({ value: { equal: true } });
    expect(await forged('aggregated', payee)).toMatchObject({ value: { equal: false } });
    expect(await forged('committed', (data) => (data.commitment = 'ab'.repeat(32)))).toMatchObject({
      error: { code: 'ROUND_LOG' },
    });
    // Entries of before signatures were kept: here the updates speak for themselves.
    expect(await forged('committed', (data) => delete data.signature)).toMatchObject({
      value: { equal: true },
    });
    const gone = await recomputeRoundOf(id, (path) =>
      path.includes('/updates/')
        ? Promise.resolve(Response.json({ code: 'ROUND_UPDATES_GONE' }, { status: 410 }))
        : fetch(`${server.url}${path}`),
    );
    expect(gone).toMatchObject({ error: { code: 'ROUND_UPDATES_GONE' } });
    const { stdout } = await runCommand(['rounds', 'list', '--server', server.url], own);
    expect(stdout).toContain(`${id}  submitted  layer0.expert0  2 members (2 needed), 2 committed, 2 shown`);
  });

  it('are refused by name to whoever may not', async () => {
    const { status, body } = await stranger.announce(await termsFor(server));
    expect([status, body.code]).toEqual([403, 'FORBIDDEN']);
    const none = `round_${'0'.repeat(32)}`;
    const gone = await call(server, 'GET', `/learning/rounds/${none}`);
    expect([gone.status, gone.body.code]).toEqual([404, 'ROUND_NOT_FOUND']);
    const answerOf = async (args: string[], more: Record<string, string> = {}) => {
      const whole = ['rounds', ...args, '--server', server.url, '--json'];
      const { stdout } = await runCommand(whole, { ...env, ...more });
      return JSON.parse(stdout) as { error: { code: string }; code: string; detail: string };
    };
    const code = async (...args: string[]) => (await answerOf(args)).error.code;
    const [announcer, other] = members;
    const id = String((await announcer.announce(await termsFor(server))).body.round_id);
    const cancel = ['cancel', id, '--reason', 'a test'];
    expect((await answerOf(cancel, { STEMMA_TOKEN: other.person.token })).error.code).toBe('ROUND_FOREIGN');
    for (let time = 0; time < 2; time++)
      expect(await answerOf(cancel, { STEMMA_TOKEN: announcer.person.token })).toMatchObject({
        ...{ state: 'failed', code: 'ROUND_CANCELLED', detail: 'a test' },
      });
    const { status: bad } = await call(server, 'POST', `/learning/rounds/${id}/cancel`, {
      ...{ token: announcer.person.token, body: { reason: ' ' } },
    });
    expect(bad).toBe(400);
    expect(await code('recompute', none)).toBe('ROUND_NOT_AGGREGATED');
    expect(await code('show', 'round_1')).toBe('ROUND_ID');
    expect(await code('reveal', none, temporaryFolder('empty'))).toBe('ROUND_FILES');
  });
});
