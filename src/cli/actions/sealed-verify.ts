import { writeFile } from 'node:fs/promises';
import { canonicalJson, CodedError, hashJson, type Json } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import {
  drawHash,
  parseSealedEvidence,
  verifySealed,
  type SealedCommitment,
  type SealedEvidence,
  type SealedFinding,
} from '../../learning/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { ServerClient } from '../server-client.js';
import { withServer, type ServerDoor } from '../server-door.js';
import { readJsonFile } from './json-file.js';
import { lossesAgain, type LossFinding } from './sealed-losses.js';
import { beaconInLog, type LogFinding } from './sealed-log.js';

interface VerifyOptions extends ServerDoor {
  readonly out?: string;
  readonly examples?: string;
  readonly losses?: boolean;
}

interface ShownSet {
  readonly commitment: SealedCommitment;
  readonly left: Readonly<Record<string, number>>;
}

interface LogPage {
  readonly items: readonly { readonly hash: string }[];
  readonly next_cursor: string | null;
}

type Finding =
  | SealedFinding
  | LogFinding
  | LossFinding
  | (Omit<SealedFinding, 'part'> & { readonly part: 'verdict' | 'draws' });

const SUBJECT = /^(submission|removal)_[0-9a-f]{32}$/;
/** Entries of a page of the log, and pages that are looked through for draws. */
const PAGE = 1_000;
const MOST_PAGES = 100;
/** Sets that a list shows. */
const SHOWN = 100;

/**
 * Checks what a verdict rests on, from a server or from a file; 1 when something disagrees. A file is held against a server's log where one is
 * named, or losses are to be computed again.
 */
export async function verifySealedVerdict(
  context: CommandContext,
  subject: string,
  options: VerifyOptions,
): Promise<number> {
  const given = SUBJECT.test(subject) ? null : evidenceIn(await readJsonFile(subject));
  const { evidence, findings } =
    given !== null && options.server === undefined && options.losses !== true
      ? { evidence: given, findings: verifySealed(given, nativeSha256) as Finding[] }
      : await withServer(context, options, async (server) => {
          const shown = given ?? (await askedFor(server, subject));
          return { evidence: shown, findings: await findingsWith(context, server, shown, options) };
        });
  const agrees = findings.every((finding) => finding.agrees);
  if (options.out !== undefined) await writeFile(options.out, `${JSON.stringify(evidence)}\n`);
  if (options.examples !== undefined) await writeFile(options.examples, linesOf(evidence));
  const lines = findings.map(({ part, agrees: right, detail }) => `${right ? '✓' : '✗'} ${part}: ${detail}`);
  const conclusion = agrees
    ? `${evidence.subject}: all ${findings.length} checks agree.`
    : `${evidence.subject}: does not hold.`;
  const report = { subject: evidence.subject, agrees, findings };
  context.print(report as unknown as Json, [...lines, conclusion].join('\n'));
  return agrees ? EXIT.done : EXIT.false;
}

/** Prints the newest sealed sets. */
export async function listSealedSets(
  context: CommandContext,
  options: ServerDoor & { model?: string },
): Promise<void> {
  const of = options.model === undefined ? '' : `&model=${encodeURIComponent(options.model)}`;
  const { items } = await withServer(context, options, (server) =>
    server.json<{ items: ShownSet[] }>('GET', `/api/learning/sealed-sets?limit=${SHOWN}${of}`),
  );
  const lines = items.map(({ commitment: { root, model, domains, draws }, left }) => {
    const counts = Object.keys(domains).map((name) => `${name} ${left[name]} of ${domains[name]}`);
    return `${root}  ${model}  ${counts.join(', ')} left, ${draws} each time`;
  });
  context.print(items as unknown as Json, lines.length === 0 ? 'There is no sealed set.' : lines.join('\n'));
}

async function askedFor(server: ServerClient, subject: string): Promise<SealedEvidence> {
  return evidenceIn(await server.json('GET', `/api/learning/sealed-sets/evidence/${subject}`));
}

/** All that can be found out with a server; losses only of what holds so far. */
async function findingsWith(
  context: CommandContext,
  server: ServerClient,
  evidence: SealedEvidence,
  { losses }: VerifyOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [
    ...verifySealed(evidence, nativeSha256),
    await beaconInLog(server, evidence),
    await verdictIn(server, evidence),
    await drawsIn(server, evidence),
  ];
  if (losses !== true) return findings;
  const detail = 'they were not computed: something else disagrees already';
  const again = findings.every(({ agrees }) => agrees)
    ? await lossesAgain(context, server, evidence)
    : { part: 'losses' as const, agrees: false, detail };
  return [...findings, again];
}

/** Whether the log has that verdict. */
async function verdictIn(server: ServerClient, { subject, verdict }: SealedEvidence): Promise<Finding> {
  const kind = subject.startsWith('removal_') ? 'learning.removal.measured' : 'learning.verdict';
  const { items } = await server.json<{ items: { hash: string }[] }>(
    'GET',
    `/log/entries?kind=${kind}&subject=${encodeURIComponent(subject)}&limit=100`,
  );
  const hash = hashJson(verdict as unknown as Json);
  const agrees = items.some((entry) => entry.hash === hash);
  const detail = agrees
    ? 'it is the one in the log'
    : `the log of this server has no verdict with the hash ${hash}`;
  return { part: 'verdict', agrees, detail };
}

/** Whether every draw that the evidence tells of is in the log: what was never drawn cannot be used up. */
async function drawsIn(server: ServerClient, { commitment, draws }: SealedEvidence): Promise<Finding> {
  const missing = new Set(draws.map((draw) => drawHash(commitment.root, draw)));
  let cursor: string | null = '';
  for (let page = 0; page < MOST_PAGES && missing.size > 0 && cursor !== null; page++) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const found: LogPage = await server.json<LogPage>(
      'GET',
      `/log/entries?kind=learning.sealed.drawn&limit=${PAGE}${from}`,
    );
    for (const { hash } of found.items) missing.delete(hash);
    cursor = found.next_cursor;
  }
  const detail =
    missing.size === 0 ? 'each of them is in the log' : `${missing.size} of them are not in the log`;
  return { part: 'draws', agrees: missing.size === 0, detail };
}

function evidenceIn(value: unknown): SealedEvidence {
  const evidence = parseSealedEvidence(value);
  if (evidence !== null) return evidence;
  throw new CodedError('SEALED_EVIDENCE', 'this is no evidence of a verdict by a sealed set');
}

/** As a dataset has them: what is judged, and its domain. */
function linesOf({ examples }: SealedEvidence): string {
  const lines = examples.map(({ domain, content }) => {
    const members = Object.entries(content).filter(([name]) => name !== 'form');
    return canonicalJson({ ...Object.fromEntries(members), domain } as Json);
  });
  return lines.map((line) => `${line}\n`).join('');
}
