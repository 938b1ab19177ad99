import { resolve } from 'node:path';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import type { ImportDtype, ImportProgress, ReleaseSummary, TrainingData } from '../../experts/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import { problemIn, serverGone, type ServerClient } from '../server-client.js';
import { jsonLines } from './json-lines.js';

interface ImportCommandOptions {
  readonly name?: string;
  readonly release?: string;
  readonly dtype: ImportDtype;
  readonly timestamp?: number;
  readonly measure?: boolean;
  readonly license?: string;
  readonly author?: string;
  readonly data?: readonly TrainingData[];
}

type OnProgress = (progress: ImportProgress) => void;

/** Imports a checkpoint, through the server or in this process. */
export async function importCheckpoint(
  context: CommandContext,
  folder: string,
  { release: version, ...rest }: ImportCommandOptions,
): Promise<void> {
  const summary = await context.withApplication(async (host) => {
    const bar = new ImportBar(context);
    const path = resolve(folder);
    const options = { ...rest, version };
    try {
      if (host.kind === 'server') return await importThroughServer(host.server, path, options, bar.show);
      const { Importer } = await import('../own-services.js');
      return unwrap(await host.application.get(Importer).import(path, options, bar.show));
    } finally {
      bar.stop();
    }
  });
  context.print({ ...summary } as unknown as Json, describe(summary));
}

/** The bar learns the total with the first progress. */
class ImportBar {
  private bar: Progress | null = null;

  constructor(private readonly context: CommandContext) {}

  readonly show: OnProgress = ({ step, done, total }) => {
    this.bar ??= this.context.progress('importing', total);
    this.bar.update(done, step);
  };

  stop(): void {
    this.bar?.stop();
  }
}

interface ImportLine {
  readonly progress?: ImportProgress;
  readonly release?: ReleaseSummary;
  readonly error?: { readonly code: string; readonly message: string };
}

async function importThroughServer(
  server: ServerClient,
  folder: string,
  options: Record<string, unknown>,
  onProgress: OnProgress,
): Promise<ReleaseSummary> {
  const response = await server.fetch('/models/import', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ folder, ...options }),
  });
  if (!response.ok || response.body === null) throw await problemIn(response);
  try {
    for await (const value of jsonLines(response.body)) {
      const line = value as ImportLine;
      if (line.progress !== undefined) onProgress(line.progress);
      if (line.error !== undefined) throw new CodedError(line.error.code, line.error.message);
      if (line.release !== undefined) return line.release;
    }
  } catch (thrown) {
    throw thrown instanceof CodedError ? thrown : serverGone(server.url, thrown);
  }
  throw serverGone(server.url, null);
}

function describe(summary: ReleaseSummary): string {
  const { model, version, dtype, blocks, created_blocks: fresh, release, created } = summary;
  const what = created ? 'imported' : 'already there:';
  const line = `${what} ${model}@${version} (${dtype}): ${blocks} weight blocks, ${fresh} of them new\nrelease ${release}`;
  const origin = describeOrigin(summary);
  return [line, origin, summary.quality && describeQuality(summary.quality)].filter(Boolean).join('\n');
}

function describeOrigin({ provenance, unstated }: ReleaseSummary): string {
  const { license, author, data = [] } = provenance ?? {};
  const stated = [
    license && `licence ${license}`,
    author && `author ${author}`,
    data.length > 0 && `data ${data.map(({ name }) => name).join(', ')}`,
  ].filter(Boolean);
  const lines = stated.length === 0 ? [] : [`on the chain: ${stated.join('; ')}`];
  if (unstated.includes('licence') || unstated.includes('data'))
    lines.push(
      `not on the chain: ${unstated.join(', ')}; a guardian is asked before it goes live (import again with --license, --data, --author)`,
    );
  return lines.join('\n');
}

function describeQuality(quality: NonNullable<ReleaseSummary['quality']>): string {
  if ('not_measured' in quality) return `quality not measured: ${quality.not_measured}`;
  const { exact_perplexity: exact, perplexity, tokens, same_choice: choice, answers, same_answers } = quality;
  const change = (perplexity / exact - 1) * 100;
  return [
    `beside the exact weights, on ${tokens} tokens of answers they drew:`,
    `  perplexity ${perplexity.toFixed(3)} instead of ${exact.toFixed(3)} (${change >= 0 ? '+' : ''}${change.toFixed(2)} %)`,
    `  the same likeliest token at ${(choice * 100).toFixed(1)} % of these`,
    `  ${same_answers} of ${answers} greedy answers the same, token by token`,
  ].join('\n');
}
