import type { DataSource } from 'typeorm';
import { unwrap } from '../../src/common/index.js';
import { Idempotency, type OpenRequest } from '../../src/inference/idempotency/idempotency.js';
import { KeptAnswers } from '../../src/inference/idempotency/kept-answers.js';
import { openTestDatabase } from '../support/index.js';

let dataSource: DataSource;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ dataSource, close } = await openTestDatabase());
});

afterAll(() => close?.());

const scope = (key: string, owner = 'ann') => ({ key, owner, route: '/chat' });
const answer = { contentType: 'application/json', body: '{"a":1}', receipt: null };
const codeOf = (result: { ok: boolean; error?: { code: string } }) => result.error?.code;

describe('idempotency keys', () => {
  const open = async (
    sut: Idempotency,
    key: string,
    body = { prompt: 'x', stream: false },
  ): Promise<OpenRequest> => {
    const begun = unwrap(await sut.begin(scope(key), body));
    if (begun.kept !== null) throw new Error('answered already');
    return begun.open;
  };

  it('give the same answer to the same request, also after a restart', async () => {
    const first = new Idempotency(new KeptAnswers(dataSource));
    await (await open(first, 'same')).answered(answer);
    for (const sut of [first, new Idempotency(new KeptAnswers(dataSource))]) {
      const again = unwrap(await sut.begin(scope('same'), { stream: false, prompt: 'x' }));
      expect(again.kept).toEqual(answer);
    }
  });

  it('refuse another request under the same key, but not of another account', async () => {
    const sut = new Idempotency(new KeptAnswers(dataSource));
    await (await open(sut, 'other')).answered(answer);
    expect(codeOf(await sut.begin(scope('other'), { prompt: 'y' }))).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(unwrap(await sut.begin(scope('other', 'bob'), { prompt: 'y' })).kept).toBeNull();
  });

  it('refuse a repetition while the first is being answered, and take it when that failed', async () => {
    const sut = new Idempotency(new KeptAnswers(dataSource));
    const first = await open(sut, 'busy');
    expect(codeOf(await sut.begin(scope('busy'), { prompt: 'x', stream: false }))).toBe(
      'IDEMPOTENCY_KEY_BUSY',
    );
    first.close();
    await (await open(sut, 'busy')).answered(answer);
  });

  it('are forgotten after a day', async () => {
    const sut = new Idempotency(new KeptAnswers(dataSource));
    await (await open(sut, 'old')).answered(answer);
    await dataSource.query(
      `UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = 'old'`,
    );
    const again = await open(sut, 'old', { prompt: 'new', stream: false });
    await again.answered({ ...answer, body: 'new' });
    expect(unwrap(await sut.begin(scope('old'), { prompt: 'new', stream: false })).kept?.body).toBe('new');
  });

  it.each(['', 'with space', 'x'.repeat(256), 'ümlaut'])('refuse the key %j', async (key) => {
    const sut = new Idempotency(new KeptAnswers(dataSource));
    expect(codeOf(await sut.begin(scope(key), {}))).toBe('IDEMPOTENCY_KEY_INVALID');
  });
});
