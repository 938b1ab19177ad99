import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError, messageOf, unwrap } from '../../common/index.js';
import type { AppConfig } from '../../config/index.js';
import {
  analyseTrace,
  curvePicture,
  decodeTrace,
  encodeTrace,
  keepChoice,
  SIXTY_FOUR_EXPERTS,
  syntheticTrace,
  type Analysis,
  type RoutingTrace,
} from '../../inference/index.js';
import type { CommandContext } from '../command-context.js';
import { withApplication, type CommandHost } from '../with-application.js';
import { cacheLabTable } from './cache-lab-table.js';
import { RECORDING_PROMPTS } from './recording-prompts.js';

interface CacheLabOptions {
  readonly trace?: string;
  readonly prompts?: string;
  readonly maxTokens: number;
  readonly streams: number;
  readonly sizes?: readonly number[];
  readonly out: string;
  readonly synthetic?: boolean;
  readonly seed: number;
  readonly choice: boolean;
}

const MEBIBYTE = 2 ** 20;
/** Ring of a recording; genesis makes 14 bytes per pass, a model of 64 experts and 16 layers 258. */
const RECORDING_MB = 64;
const LARGEST_TRACE = 1 << 30;
const LARGEST_PROMPTS = 8 << 20;
const MOST_PROMPTS = 10_000;

/** Replays routing under all policies, writes picture and figures, and keeps the choice for the engine. */
export async function cacheLab(
  context: CommandContext,
  model: string,
  options: CacheLabOptions,
): Promise<void> {
  const config = await context.config();
  const trace = await traceFor(context, config, model, options);
  const name = options.synthetic === true ? 'synthetic-64' : model.split('@', 1)[0];
  const { expertCacheMb } = config;
  const analysis = analyseTrace(trace, { model: name, expertCacheMb, now: Date.now(), sizes: options.sizes });
  const files = await writeResults(options.out, name, trace, analysis, expertCacheMb);
  const keep = options.choice && options.synthetic !== true;
  const kept = keep ? await keepChoice(config.dataDir, analysis.choice) : null;
  const lines = [cacheLabTable(analysis), '', `written: ${files.join(', ')}`];
  if (kept !== null)
    lines.push(`the engine takes ${analysis.choice.policy} from its next start on (${kept})`);
  context.print({ ...analysis.choice, files, kept } as never, lines.join('\n'));
}

async function traceFor(
  context: CommandContext,
  config: AppConfig,
  model: string,
  options: CacheLabOptions,
): Promise<RoutingTrace> {
  if (options.synthetic === true) return syntheticTrace({ ...SIXTY_FOUR_EXPERTS, seed: options.seed });
  if (options.trace !== undefined)
    return unwrap(decodeTrace(await readLimited(options.trace, LARGEST_TRACE)));
  const prompts = await promptsOf(options);
  const routingTraceMb = config.routingTraceMb === 0 ? RECORDING_MB : config.routingTraceMb;
  const bytes = await withApplication(config.with({ routingTraceMb }), async (host: CommandHost) => {
    if (host.kind === 'server') {
      if (options.prompts === undefined) return serverTrace(host, model);
      const message = 'a server runs on this folder and records by itself: stop it, or leave --prompts out';
      throw new CodedError('CACHE_LAB_SERVER', message);
    }
    const progress = context.progress('recording', prompts.length);
    const { RoutingTraces } = await import('../own-services.js');
    const traces = host.application.get(RoutingTraces);
    try {
      return unwrap(await traces.record(model, { ...options, prompts }, (done) => progress.update(done)));
    } finally {
      progress.stop();
    }
  });
  return unwrap(decodeTrace(bytes));
}

async function serverTrace(host: CommandHost & { kind: 'server' }, model: string): Promise<Uint8Array> {
  const answer = await host.server.fetch(`/experts/trace?model=${encodeURIComponent(model)}`);
  if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
  const { problemIn } = await import('../server-client.js');
  throw await problemIn(answer);
}

async function promptsOf({ prompts }: CacheLabOptions): Promise<readonly string[]> {
  if (prompts === undefined) return RECORDING_PROMPTS;
  const text = new TextDecoder().decode(await readLimited(prompts, LARGEST_PROMPTS));
  const lines = text.split('\n').map((line) => line.trim());
  const given = lines.filter((line) => line !== '').slice(0, MOST_PROMPTS);
  if (given.length > 0) return given;
  throw new CodedError('CACHE_LAB_FILE', `${prompts} holds no prompt`);
}

async function readLimited(path: string, most: number): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size <= most) return await readFile(path);
  } catch (thrown) {
    throw new CodedError('CACHE_LAB_FILE', `${path} cannot be read: ${messageOf(thrown)}`, { path });
  }
  throw new CodedError('CACHE_LAB_FILE', `${path} has more than ${most} bytes`, { path });
}

async function writeResults(
  folder: string,
  name: string,
  trace: RoutingTrace,
  { study, choice }: Analysis,
  expertCacheMb: number,
): Promise<string[]> {
  const { layers, experts } = trace.header;
  const title = `${name}: ${layers} layers of ${experts} experts`;
  const contents = {
    svg: curvePicture(study, title, expertCacheMb * MEBIBYTE),
    json: `${JSON.stringify(choice, null, 1)}\n`,
    trace: encodeTrace(trace),
  };
  try {
    await mkdir(folder, { recursive: true });
    const files = Object.entries(contents).map(([ending, content]) => ({
      path: join(folder, `${name}.${ending}`),
      content,
    }));
    await Promise.all(files.map(({ path, content }) => writeFile(path, content)));
    return files.map(({ path }) => path);
  } catch (thrown) {
    throw new CodedError('CACHE_LAB_FILE', `nothing can be written to ${folder}: ${messageOf(thrown)}`);
  }
}
