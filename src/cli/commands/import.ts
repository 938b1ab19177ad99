import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { CodedError, unwrap, type Json } from '../../common/index.js';
import { Importer, type ImportDtype, type ImportProgress, type ReleaseSummary } from '../../experts/index.js';
import type { CommandContext } from '../command-context.js';
import type { Progress } from '../progress.js';
import { problemIn, serverGone, type ServerClient } from '../server-client.js';
import { jsonLines } from './json-lines.js';

interface ImportCommandOptions {
  readonly name?: string;
  readonly release?: string;
  readonly dtype: ImportDtype;
  readonly timestamp?: number;
}

type OnProgress = (progress: ImportProgress) => void;

/** `stemma import <folder>`: a Hugging Face checkpoint becomes blocks and a release. */
export function register(program: Command, context: CommandContext): void {
  program
    .command('import')
    .argument(
      '<folder>',
      'a Hugging Face Mixtral checkpoint: config.json, model.safetensors (or shards), tokenizer.json',
    )
    .description('turn a checkpoint into signed blocks and a release')
    .option('--name <name>', "the model's name (default: the folder's)")
    .option('--release <version>', 'version of the release, such as 1.2.0 (default: the next one)')
    .addOption(
      new Option('--dtype <dtype>', 'how weights are kept').choices(['q8', 'q4', 'f16', 'f32']).default('q8'),
    )
    .option(
      '--timestamp <ms>',
      'time the blocks bear, ms since the epoch (default: a constant)',
      milliseconds,
    )
    .action(
      context.action(async (folder: string, options: ImportCommandOptions) => {
        const summary = await context.withApplication((host) => {
          const bar = new ImportBar(context);
          const path = resolve(folder);
          const { release: version, ...rest } = options;
          const work =
            host.kind === 'server'
              ? importThroughServer(host.server, path, { ...rest, version }, bar.show)
              : host.application
                  .get(Importer)
                  .import(path, { ...rest, version }, bar.show)
                  .then(unwrap);
          return work.finally(() => bar.stop());
        });
        context.print({ ...summary } as Json, describe(summary));
      }),
    );
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
  return `${what} ${model}@${version} (${dtype}): ${blocks} weight blocks, ${fresh} of them new\nrelease ${release}`;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('whole milliseconds since the epoch');
}
