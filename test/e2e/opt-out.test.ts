import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import {
  answerOnce,
  PATIENCE_MS,
  runCommand,
  startServer,
  temporaryFolder,
  type TestServer,
} from '../support/index.js';
import { call } from '../support/tasks.js';

type Body = Record<string, never>;

interface Removal {
  readonly removal_id: string;
  readonly state: string;
  readonly code: string | null;
  readonly version: string | null;
  readonly release: string | null;
  readonly base_release: string;
  readonly experts: readonly { readonly name: string; readonly block: string }[];
  readonly figures: { readonly overall: Figures; readonly domains: Readonly<Record<string, Figures>> } | null;
}

interface Figures {
  readonly fall: number;
  readonly low: number;
  readonly high: number;
  readonly base: number;
  readonly candidate: number;
}

const DOMAINS = 8;
/** Both models answer some thousand examples. */
const MEASURING_MS = 2 * PATIENCE_MS;

describe('an expert that is left out', () => {
  let server: TestServer;
  let env: Record<string, string>;
  let before: ReceiptDocument;
  let expert: { readonly name: string; readonly block: string };

  beforeAll(async () => {
    server = await startServer();
    env = { DATA_DIR: server.dataDir, DATABASE_URL: String(server.databaseUrl), PORT: '0' };
    before = await answer();
    expert = before.receipt.experts.toSorted((a, b) => b.tokens - a.tokens)[0];
  });
  afterAll(() => server?.stop());

  const get = async <T = Body>(path: string) => {
    const { status, body } = await call<T>(server.url, 'GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body;
  };
  const ask = (experts: readonly string[], changes: object = {}) =>
    call<Body & Removal>(server.url, 'POST', '/experts/opt-out', {
      ...{ model: 'genesis', experts, reason: 'its author has asked for it', ...changes },
    });
  async function reaches(id: string, state: string): Promise<Removal> {
    for (const end = performance.now() + MEASURING_MS; performance.now() < end; await delay(50)) {
      const found = await get<Removal>(`/experts/opt-out/${id}`);
      if (found.state === state) return found;
      if (['failed', 'superseded', 'released'].includes(found.state)) throw new Error(JSON.stringify(found));
    }
    throw new Error(`${id} did not become ${state}`);
  }

  async function answer(): Promise<ReceiptDocument> {
    const messages = [{ role: 'user', content: 'Tell me a story about a fox.' }];
    const asked = { model: 'genesis', messages, temperature: 0, seed: 3, max_tokens: 40 };
    const { body } = await call<{ receipt_id: string }>(server.url, 'POST', '/v1/chat/completions', asked);
    return answerOnce(
      () => get<ReceiptDocument>(`/v1/receipts/${body.receipt_id}`),
      ({ log }) => log !== null,
    );
  }

  it('is refused where there is none, where a token would lack one, and without a reason', async () => {
    const refusal = async (...of: Parameters<typeof ask>) => {
      const { status, body } = await ask(...of);
      return [status, body.code];
    };
    expect(await refusal(['layer0.expert999'])).toEqual([404, 'EXPERT_UNKNOWN']);
    expect(await refusal(['layer999.expert0'])).toEqual([404, 'EXPERT_UNKNOWN']);
    expect(await refusal([expert.name], { model: 'nobody' })).toEqual([404, 'MODEL_NOT_LIVE']);
    expect(await refusal([expert.name], { reason: ' ' })).toEqual([400, 'VALIDATION_FAILED']);
    expect(await refusal([])).toEqual([400, 'VALIDATION_FAILED']);
    expect(await refusal(['layer0.router'])).toEqual([400, 'VALIDATION_FAILED']);
    const { items } = await get<{ items: { release: string }[] }>('/models/genesis/releases');
    const { weights } = await get<{ weights: object }>(`/chain/A/blocks/${items[0].release}/payload`);
    const layer = Object.keys(weights).filter((name) => name.startsWith('layer0.expert'));
    expect(await refusal(layer)).toEqual([409, 'EXPERTS_TOO_FEW']);
    expect(await refusal(layer.slice(1))).toEqual([409, 'EXPERTS_TOO_FEW']);
  });

  it('is measured in every domain, decided about, and then no part of any answer', async () => {
    const first = await ask([expert.name]);
    expect([first.status, first.body.state]).toEqual([202, 'received']);
    const id = first.body.removal_id;
    const again = await ask([expert.name, expert.name], { reason: 'asked once more' });
    expect([again.status, again.body.removal_id]).toEqual([200, id]);

    const command = ['experts', 'opt-out', '--experts', expert.name, '--reason', 'by command', '--json'];
    const followed = await runCommand(command, env);
    expect([followed.code, followed.stderr]).toEqual([0, '']);
    expect(JSON.parse(followed.stdout)).toMatchObject({ removal_id: id, state: 'measured' });
    const measured = await reaches(id, 'measured');
    expect(measured.experts).toEqual([{ name: expert.name, block: expert.block }]);
    expect(Object.keys(measured.figures!.domains)).toHaveLength(DOMAINS);
    for (const { low, fall, high } of Object.values(measured.figures!.domains)) {
      expect(low).toBeLessThanOrEqual(fall);
      expect(fall).toBeLessThanOrEqual(high);
    }
    expect(measured.figures!.overall.candidate).not.toBe(measured.figures!.overall.base);
    expect((await answer()).receipt.release).toBe(before.receipt.release);

    const questions = () =>
      get<{ items: { escalation_id: string }[] }>('/api/guardian/escalations?state=open');
    const { items } = await answerOnce(questions, (page) => page.items.length > 0);
    const path = `/api/guardian/escalations/${items[0].escalation_id}/approve`;
    expect((await call(server.url, 'POST', path, { reason: 'it is their right' })).status).toBe(200);
    const released = await reaches(id, 'released');
    expect(released.version).toBe('1.0.1');

    const after = await answer();
    expect(after.receipt.release).toBe(released.release);
    expect(after.receipt.experts.map(({ name }) => name)).not.toContain(expert.name);
    expect(after.receipt.commitments).not.toEqual(before.receipt.commitments);
    const payload = await get<{ weights: object; meta: string }>(
      `/chain/A/blocks/${String(released.release)}/payload`,
    );
    expect(Object.keys(payload.weights)).not.toContain(expert.name);
    expect(Object.values(payload.weights)).not.toContain(expert.block);
    await replaysExactly(after);
    const gone = await ask([expert.name]);
    expect([gone.status, gone.body.code]).toEqual([409, 'EXPERT_LEFT_OUT']);
    const report = await runCommand(['fsck', '--json'], env);
    expect([report.code, report.stdout]).toEqual([0, expect.stringContaining('"clean":true')]);
  });

  /** From nothing but the bundle of an answer, which says what the release does without. */
  async function replaysExactly({ receipt: { id } }: ReceiptDocument): Promise<void> {
    const bundle = join(temporaryFolder('opt-out'), 'bundle.zip');
    const bytes = await fetch(`${server.url}/v1/receipts/${id}/bundle`);
    writeFileSync(bundle, new Uint8Array(await bytes.arrayBuffer()));
    const { code, stdout } = await runCommand(['replay', bundle, '--json'], env);
    const report = JSON.parse(stdout) as { parts: { part: string; agrees: boolean; detail: string }[] };
    expect([code, report.parts.filter(({ agrees }) => !agrees)]).toEqual([0, []]);
    const leftOut = report.parts.find(({ part }) => part === 'left_out');
    expect(leftOut?.detail).toContain(expert.name);
  }
});
