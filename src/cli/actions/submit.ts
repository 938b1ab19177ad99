import { setTimeout as delay } from 'node:timers/promises';
import { unwrap, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import { NodeKeys } from '../../keys/index.js';
import { HttpBlockAccess, prepareSubmission, type TrainedResult } from '../../learning/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { ServerClient } from '../server-client.js';
import { withServer, type ServerDoor } from '../server-door.js';
import { offersTraining, requiresTraining } from './offer-training.js';
import { showOpening } from './show-opening.js';
import { readTrainedFolder } from './trained-folder.js';
import { uploadBlocks } from './upload-blocks.js';

interface SubmitOptions extends ServerDoor {
  readonly domains: string[];
  readonly datasets: string[];
  readonly work: number;
  readonly minutes: number;
  /** Whether drawn updates of the training may be shown; not given: whoever sits at the terminal is asked. */
  readonly show?: boolean;
}

interface SubmissionView {
  readonly submission_id: string;
  readonly state: string;
  readonly code: string | null;
  readonly detail: string | null;
  readonly version: string | null;
  readonly verdict_block: string | null;
  readonly decision: string | null;
  /** What it was judged on; `rewarded` says what is paid for. */
  readonly verdict: {
    readonly rewarded?: { readonly fall: number; readonly reason?: { readonly detail: string } };
  } | null;
  /** What has to be shown of the training. */
  readonly opening: { readonly updates: readonly number[] } | null;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
}

const POLL_MS = 400;
const ENDS = new Set(['rejected', 'released', 'superseded']);

/** Hands in what was trained. @returns 1 where it was rejected or superseded */
export async function submit(
  context: CommandContext,
  folder: string,
  options: SubmitOptions,
): Promise<number> {
  const { manifest, payloads, now } = await readTrainedFolder(folder);
  const { blockSigner } = unwrap(await NodeKeys.load(await context.config()));
  return withServer(context, options, async (server) => {
    const { domains, work: difficulty } = options;
    const datasets = [...options.datasets, ...datasetsOf(manifest)];
    const trained: TrainedResult = { manifest, payloads, domains, datasets, difficulty, now };
    const access = new HttpBlockAccess((path) => server.fetch(path));
    const prepared = unwrap(await prepareSubmission(trained, blockSigner, access, nativeSha256));
    const isRequired = await requiresTraining(server);
    const shows = await offersTraining(context, folder, manifest, { show: options.show, isRequired });
    const upload = await uploadBlocks(context, server, prepared, payloads);
    const { statement, signature } = prepared;
    const body = { upload_id: upload, statement, signature, manifest, shows_training: shows };
    const sent = await server.json<SubmissionView>('POST', '/learning/submissions', body);
    const show = async (view: SubmissionView) => {
      // A server that audits everybody asks whoever offered nothing, too.
      if (
        !shows &&
        !(await offersTraining(context, folder, manifest, { show: options.show, isRequired: false }))
      )
        return say(
          context,
          'this server asks everybody for drawn updates, and rejects what is not shown in time',
        );
      await showOpening(context, server, folder, manifest, {
        submission: view.submission_id,
        updates: view.opening?.updates ?? [],
      });
    };
    const last = await follow(context, server, sent.submission_id, options.minutes * 60_000, show);
    context.print(last as unknown as Json, summary(last));
    return last.state === 'rejected' || last.state === 'superseded' ? EXIT.false : EXIT.done;
  });
}

/** Datasets that a manifest names. */
function datasetsOf(manifest: Json): string[] {
  const { data } = manifest as unknown as { data?: { datasets?: unknown } };
  const named = data?.datasets;
  return Array.isArray(named) ? (named as unknown[]).filter((hash) => typeof hash === 'string') : [];
}

/** Asks until the submission has ended or the time is over, says what changes, and shows what is asked for once. */
async function follow(
  context: CommandContext,
  server: ServerClient,
  id: string,
  milliseconds: number,
  show: (view: SubmissionView) => Promise<void>,
): Promise<SubmissionView> {
  const end = performance.now() + milliseconds;
  let [state, checks, shown] = ['', 0, false];
  for (;;) {
    const now = await server.json<SubmissionView>('GET', `/learning/submissions/${id}`);
    for (const { name, passed, detail } of now.checks.slice(checks))
      say(context, `  ${passed ? 'passed' : 'failed'}  ${name}: ${detail}`);
    checks = now.checks.length;
    if (now.state !== state) say(context, `${id} is ${now.state}`);
    state = now.state;
    if (ENDS.has(state) || performance.now() >= end) return now;
    if (state === 'waiting_opening' && !shown) {
      shown = true;
      await show(now);
      continue;
    }
    await delay(POLL_MS);
  }
}

function say(context: CommandContext, line: string): void {
  if (!context.json) process.stderr.write(`${line}\n`);
}

function summary({
  submission_id: id,
  state,
  detail,
  version,
  verdict_block: block,
  decision,
  verdict,
}: SubmissionView): string {
  const lines = [`${id} is ${state}`];
  if (detail !== null) lines.push(detail);
  const rewarded = verdict?.rewarded;
  if (rewarded !== undefined) {
    const why = rewarded.reason === undefined ? '' : ` (${rewarded.reason.detail})`;
    lines.push(`paid for a fall of the loss by ${(rewarded.fall * 100).toFixed(2)} %${why}`);
  }
  if (block !== null) lines.push(`verdict: block ${block} of chain D`);
  if (version !== null) lines.push(`release: ${version}${state === 'released' ? ' (live)' : ''}`);
  if (state === 'accepted' && decision !== null) lines.push(`whether it goes live is decision ${decision}`);
  return lines.join('\n');
}
