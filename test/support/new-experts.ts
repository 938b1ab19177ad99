import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { first, mixture } from '../../src/datasets/generators/index.js';
import type { ReceiptDocument } from '../../src/inference/receipt/index.js';
import { answerOnce } from './patience.js';
import { runCommand, runTrainCommand } from './command.js';
import { startDamagedServer } from './damaged-server.js';
import type { TestServer } from './server.js';
import { Submitter, type Body, type Submission } from './submissions.js';
import { call } from './tasks.js';
import { temporaryFolder } from './temporary-folder.js';

/** What is tested of the manifest of a training. */
export interface Manifest extends Body {
  readonly plan: Body;
  readonly blocks: (Body & { name: string; payload_hash: string })[];
}

/** A server with the damaged genesis, and somebody who trains new experts for it. */
export class NewExpertLab {
  private readonly data = join(temporaryFolder('data'), 'examples.jsonl');

  private constructor(
    readonly server: TestServer,
    readonly env: Record<string, string>,
    readonly contributor: Submitter,
  ) {}

  /** @param env settings of the server */
  static async open(env: Readonly<Record<string, string>>): Promise<NewExpertLab> {
    const { server, env: own } = await startDamagedServer(env);
    const sut = new NewExpertLab(server, own, new Submitter(server.url));
    mkdirSync(join(sut.data, '..'), { recursive: true });
    const lines = [...first(400, mixture('train', 'e2e'))].map((example) => JSON.stringify(example));
    writeFileSync(sut.data, lines.join('\n'));
    return sut;
  }

  /** `stemma train` of so many updates; 24 of them mend the damage. */
  async train(out: string, steps: number, ...what: string[]): Promise<Body> {
    const how = ['--steps', String(steps), '--batch-tokens', '768', '--learning-rate', '0.01', '--json'];
    const command = ['--data', this.data, '--out', out, ...how, ...what];
    const { code, stdout } = await runTrainCommand(command, this.env);
    return { code, ...(JSON.parse(stdout) as Body) };
  }

  /** `stemma submit`, and the answer it prints. */
  async submit(folder: string): Promise<{ code: number | null; answer: Submission }> {
    const { code, stdout } = await runCommand(
      ['submit', folder, '--show', '--json', '--minutes', '60'],
      this.env,
    );
    return { code, answer: JSON.parse(stdout) as Submission };
  }

  /** Says yes to the question that waits for a guardian. */
  async approve(): Promise<void> {
    const path = `/api/guardian/escalations/${await this.contributor.question()}/approve`;
    expect((await call(this.server.url, 'POST', path, { reason: 'it is better' })).status).toBe(200);
  }

  /** The receipt of an answer of the live release. */
  async answer(): Promise<ReceiptDocument> {
    const messages = [{ role: 'user', content: 'Tell me a story about a fox.' }];
    const asked = { model: 'genesis', messages, temperature: 0, seed: 3, max_tokens: 40 };
    const { body } = await call<Body>(this.server.url, 'POST', '/v1/chat/completions', asked);
    return answerOnce(
      () => this.contributor.get<ReceiptDocument>(`/v1/receipts/${String(body.receipt_id)}`),
      ({ log }) => log !== null,
    );
  }

  /** Replays an answer from nothing but its bundle: `stemma replay`. */
  async replay({ receipt: { id } }: ReceiptDocument): Promise<void> {
    const folder = temporaryFolder('bundle');
    mkdirSync(folder, { recursive: true });
    const bytes = await fetch(`${this.server.url}/v1/receipts/${id}/bundle`);
    writeFileSync(join(folder, 'bundle.zip'), new Uint8Array(await bytes.arrayBuffer()));
    const { code, stdout } = await runCommand(['replay', join(folder, 'bundle.zip'), '--json'], this.env);
    const { parts } = JSON.parse(stdout) as { parts: { agrees: boolean }[] };
    expect([code, parts.filter(({ agrees }) => !agrees)]).toEqual([0, []]);
  }

  /** `stemma fsck` finds nothing. */
  async isClean(): Promise<void> {
    const { code, stdout } = await runCommand(['fsck', '--json'], this.env);
    expect([code, stdout]).toEqual([0, expect.stringContaining('"clean":true')]);
  }
}

/** The manifest in the folder of a training. */
export function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
}
