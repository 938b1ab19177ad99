import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { concatBytes, hexToBytes } from '../../src/common/index.js';
import type { BuiltModel } from '../../src/inference/kernel/model-builder.js';
import type { ExpertUse, GenerateRequest } from '../../src/inference/kernel/requests.js';
import { kernelBytes } from './engine.js';
import { fingerprint } from './schedules.js';

const ORIGIN = 'http://localhost';
/** A page may share memory with its workers only when it is isolated from other origins. */
const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};
const PAGE = `<!doctype html><title>replays</title><script type="module">
  const worker = new Worker('/worker.js', { type: 'module' });
  const waiting = new Map();
  worker.onmessage = ({ data: { id, outcome } }) => waiting.get(id)(outcome);
  globalThis.replay = (question) => new Promise((resolve) => {
    const id = waiting.size;
    waiting.set(id, resolve);
    worker.postMessage({ id, ...question });
  });
</script>`;

/** What the worker answers. */
type Outcome =
  | { readonly refused: string }
  | {
      readonly states: readonly string[];
      readonly picks: readonly number[];
      readonly experts: readonly ExpertUse[];
      readonly firstDifference: number | null;
    };

/**
 * A page in a browser whose worker replays answers as the dashboard's verifier does: the same code, the same kernel file, the
 * browser's own engine. Nothing goes over the network: what the page asks for is handed to it.
 */
export class BrowserReplays {
  private readonly models = new Map<BuiltModel, string>();

  private constructor(
    private readonly context: BrowserContext,
    private readonly page: Page,
    private readonly files: Map<string, Buffer>,
  ) {}

  /** Builds the worker and opens the page. */
  static async open(browser: Browser): Promise<BrowserReplays> {
    const worker = await builtWorker();
    const context = await browser.newContext();
    const files = new Map([
      ['/', Buffer.from(PAGE)],
      ['/worker.js', worker],
      ['/kernel.wasm', Buffer.from(kernelBytes)],
    ]);
    await context.route('**/*', (route) => {
      const path = new URL(route.request().url()).pathname;
      const body = files.get(path);
      return body === undefined
        ? route.fulfill({ status: 404 })
        : route.fulfill({ body, contentType: contentType(path), headers: ISOLATION });
    });
    const page = await context.newPage();
    await page.goto(ORIGIN);
    return new BrowserReplays(context, page, files);
  }

  /** Replays an answer. @returns its fingerprint, or why there is none: a refusal, or another token that the sampler picks */
  async replay(
    built: BuiltModel,
    { promptIds, sampling }: GenerateRequest,
    outputIds: readonly number[],
  ): Promise<string> {
    const question = { model: this.offer(built), answer: { promptIds, sampling, outputIds } };
    const expression = `globalThis.replay(${JSON.stringify(question)})`;
    const outcome = (await this.page.evaluate(expression)) as Outcome;
    if ('refused' in outcome) return `refused: ${outcome.refused}`;
    const { states, picks, experts, firstDifference } = outcome;
    if (firstDifference !== null) return `token ${firstDifference} is ${picks[firstDifference]} there`;
    return fingerprint({ states: states.map(hexToBytes), experts, picks, digests: [], firstDifference });
  }

  /** Closes the page; the browser stays. */
  async close(): Promise<void> {
    await this.context.close();
  }

  /** Lays a model ready for the page. @returns its name there */
  private offer(built: BuiltModel): string {
    const known = this.models.get(built);
    if (known !== undefined) return known;
    const name = String(this.models.size);
    const { blocks } = built.model;
    const payloads = blocks.map((block) => built.payloads.get(block.name) ?? new Uint8Array());
    this.files.set(`/models/${name}.json`, Buffer.from(JSON.stringify(built.model)));
    this.files.set(`/models/${name}.bin`, Buffer.from(concatBytes(...payloads)));
    this.models.set(built, name);
    return name;
  }
}

function contentType(path: string): string {
  if (path === '/') return 'text/html';
  return path.endsWith('.js') ? 'text/javascript' : 'application/octet-stream';
}

async function builtWorker(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'stemma-browser-replays-'));
  try {
    const script = fileURLToPath(new URL('build-browser-replays.mjs', import.meta.url));
    await promisify(execFile)(process.execPath, [script, folder]);
    return await readFile(join(folder, 'worker.js'));
  } finally {
    await rm(folder, { recursive: true });
  }
}
