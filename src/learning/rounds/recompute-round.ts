import { CodedError, err, hashJson, isHash, ok, type Json, type Result } from '../../common/index.js';
import { nativeSha256Hex } from '../../common/native-hash.js';
import { HttpBlockAccess } from '../source/http-block-access.js';
import type { Ask } from '../source/remote-block-access.js';
import { aggregateRound, type ShownUpdate } from './aggregate-round.js';
import { readRoundBase } from './round-base.js';
import { ROUND_ENTRIES } from './round-log.js';
import { updatesGone } from './round-refusals.js';
import { commitmentOf, readRoundStatement } from './statements.js';
import { parseTerms, ROUND_LIMITS, termsHash, type RoundTerms } from './terms.js';
import { WHOLE_PART } from './update-parts.js';

/** What came out, beside what the log says came out. */
export interface RoundComparison {
  readonly published: string;
  /** Null where the round is private: nobody but the server has what it was made of. */
  readonly computed: string | null;
  readonly equal: boolean;
  /** Updates that were combined. */
  readonly members: number;
}

interface LogEntry {
  readonly hash: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Entries of one kind that a round may have. */
const MOST_ENTRIES = 1_000;
/** How a server says that it keeps the updates no longer. */
const GONE = 410;

/**
 * Makes the result of a round again, by nothing but the log's entries about it, the updates that these name, and the blocks of the release
 * that everybody began with; each is checked against its hash, and statements whose signatures are in the log against these. Of a private round only the entries are
 * looked at: whether they fit together, with every signature. `ROUND_NOT_AGGREGATED` for a round without a result, `ROUND_LOG` for entries that
 * do not fit together, `ROUND_UPDATES_GONE` where the server keeps the updates no longer.
 */
export async function recomputeRoundOf(id: string, ask: Ask): Promise<Result<RoundComparison>> {
  const [announced, committed, revealed, aggregated] = await Promise.all(
    (['announced', 'committed', 'revealed', 'aggregated'] as const).map((what) =>
      entriesOf(ask, id, ROUND_ENTRIES[what]),
    ),
  );
  if (aggregated.length === 0)
    return err(new CodedError('ROUND_NOT_AGGREGATED', `the log knows of no result of ${id}`, { round: id }));
  const [{ hash: published, data }] = aggregated;
  const terms = termsIn(announced, id);
  if (!terms.ok) return terms;
  const signed = checkSigned(id, terms.value, committed);
  if (!signed.ok) return signed;
  if (terms.value.privacy !== undefined) {
    const fit = checkPrivate(id, announced[0].data.noise, committed, revealed, data);
    return fit.ok ? ok({ published, computed: null, equal: fit.value, members: revealed.length }) : fit;
  }
  const base = await readRoundBase(new HttpBlockAccess(ask), terms.value);
  if (!base.ok) return base;
  const shown: ShownUpdate[] = [];
  const sources = new Map<string, string>();
  for (const { hash, data } of revealed) {
    const update = await updateOf(ask, id, hash, String(data.author), committed);
    if (!update.ok) return update;
    shown.push(update.value);
    sources.set(update.value.commitment, `${String(data.author)} ${hash}`);
  }
  const result = aggregateRound(terms.value, base.value, shown);
  if (!result.ok) return result;
  const computed = result.value.aggregate;
  const payloads = result.value.blocks.map(({ payloadHash }) => payloadHash);
  const members = result.value.figures.map(
    ({ commitment, weight }) => `${sources.get(commitment) ?? ''} ${weight}`,
  );
  const equal =
    computed === published &&
    payloads.join() === textsIn(data.blocks, 'payload_hash').join() &&
    members.join() === textsIn(data.members, 'author', 'update', 'weight').join();
  return ok({ published, computed, equal, members: shown.length });
}

function termsIn(announced: readonly LogEntry[], id: string): Result<RoundTerms> {
  const entry = announced.at(0);
  const terms = parseTerms(entry?.data.terms);
  if (terms.ok && termsHash(terms.value) !== entry?.hash)
    return err(unfit(id, 'its terms are not those it was announced with'));
  return terms;
}

/**
 * Whether members have signed what the log says they have committed to. Entries of before signatures were kept say nothing of it, which is enough
 * where the updates can be read: of a private round there is nothing else.
 */
function checkSigned(
  id: string,
  { privacy }: Pick<RoundTerms, 'privacy'>,
  committed: readonly LogEntry[],
): Result<void> {
  for (const { hash, data } of committed) {
    const { author, commitment, signature } = data;
    if (signature === undefined && privacy === undefined) continue;
    const statement = { version: 1, kind: 'commit', round: id, author, commitment };
    const read = readRoundStatement('commit', id, { statement, signature: String(signature) });
    if (!read.ok || hashJson(statement as Json) !== hash)
      return err(unfit(id, `${String(author)} has not signed what it is said to have committed to`));
  }
  return ok();
}

/** Whether a private result names those who have shown what they had committed to, each with a whole part, and the noise that was bound to. */
function checkPrivate(
  id: string,
  noise: unknown,
  committed: readonly LogEntry[],
  revealed: readonly LogEntry[],
  result: LogEntry['data'],
): Result<boolean> {
  const shown: { commitment: string; member: string }[] = [];
  for (const { hash, data } of revealed) {
    const commitment = committedTo(id, String(data.author), hash, committed);
    if (!commitment.ok) return commitment;
    shown.push({
      ...{ commitment: commitment.value, member: `${String(data.author)} ${hash} ${WHOLE_PART}` },
    });
  }
  const members = shown.sort((a, b) => (a.commitment < b.commitment ? -1 : 1)).map(({ member }) => member);
  const named = textsIn(result.members, 'author', 'update', 'weight');
  return ok(isHash(noise) && result.noise === noise && members.join() === named.join());
}

/** What an author has committed to with an update of this hash. */
function committedTo(
  id: string,
  author: string,
  update: string,
  committed: readonly LogEntry[],
): Result<string> {
  const commitment = commitmentOf(id, author, update);
  if (committed.some(({ data }) => data.author === author && data.commitment === commitment))
    return ok(commitment);
  return err(unfit(id, `${author} has shown something else than it had committed to`));
}

/** An update by its hash, as long as its author has committed to it. */
async function updateOf(
  ask: Ask,
  id: string,
  hash: string,
  author: string,
  committed: readonly LogEntry[],
): Promise<Result<ShownUpdate>> {
  const commitment = committedTo(id, author, hash, committed);
  if (!commitment.ok) return commitment;
  const response = await ask(`/learning/rounds/${id}/updates/${hash}`);
  if (response.status === GONE) return err(updatesGone(id));
  if (!response.ok) return err(unfit(id, `update ${hash} cannot be read: ${response.status}`));
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length <= ROUND_LIMITS.updateBytes && nativeSha256Hex(bytes) === hash)
    return ok({ commitment: commitment.value, bytes });
  return err(unfit(id, `update ${hash} is not what its hash says`));
}

async function entriesOf(ask: Ask, id: string, kind: string): Promise<LogEntry[]> {
  const response = await ask(`/log/entries?kind=${kind}&subject=${id}&limit=${MOST_ENTRIES}`);
  const body = response.ok ? ((await response.json()) as { items?: unknown }) : {};
  const items = Array.isArray(body.items) ? (body.items as unknown[]) : [];
  return items.filter(isEntry);
}

function isEntry(value: unknown): value is LogEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { hash, data } = value as Record<string, unknown>;
  return isHash(hash) && typeof data === 'object' && data !== null;
}

/** Some members of each object of a list, as text. */
function textsIn(list: unknown, ...names: readonly string[]): string[] {
  const items = Array.isArray(list) ? (list as unknown[]) : [];
  return items.map((item) =>
    names.map((name) => String((item as Record<string, unknown> | null)?.[name])).join(' '),
  );
}

function unfit(id: string, problem: string): CodedError {
  return new CodedError('ROUND_LOG', `${id}: ${problem}`, { round: id });
}
