import { checkEd25519Native } from '../../common/native-ed25519.js';
import { CodedError, err, messageOf, ok, unwrap, type Result } from '../../common/index.js';
import {
  AskingWitness,
  checkSide,
  documentOf,
  FetchedReferee,
  httpNode,
  parseEvidence,
  parseReceipt,
  settleNodes,
  settleUnheard,
  statementOf,
  type AskNode,
  type NodeAddress,
  type NodeVerdict,
  type ReadBlock,
  type Receipt,
  type ReceiptEvidence,
  type UnheardSide,
  type Verdict,
} from '../../inference/index.js';
import { HttpBlockAccess } from '../../learning/index.js';
import type { CommandContext } from '../command-context.js';
import { commandToken, serverUrl, type CommandHost } from '../with-application.js';
import { readJsonFile } from './json-file.js';

/** Which nodes are asked. */
export interface DisputeOptions {
  readonly nodeA?: string;
  readonly nodeB?: string;
  readonly tokenA?: string;
  readonly tokenB?: string;
}

/** One of the two, with the node that stands for it. */
interface Presented {
  readonly node: NodeAddress;
  readonly document: unknown;
  readonly receipt: Receipt;
  readonly evidence: ReceiptEvidence;
}

const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;
/** How long one block may take to arrive, ms. */
const BLOCK_MS = 120_000;

/**
 * Settles a dispute between two nodes: this process asks both for their testimonies, fetches of the weights what the referee needs, and
 * is the referee. Throws refusals.
 * @param replay the verdict where a node is not heard, by computing both answers again
 */
export async function disputeNodes(
  context: CommandContext,
  texts: { readonly a: string; readonly b: string },
  options: DisputeOptions,
  replay: (host: CommandHost, a: unknown, b: unknown) => Promise<Verdict>,
): Promise<NodeVerdict> {
  const { STEMMA_TOKEN_A, STEMMA_TOKEN_B } = process.env;
  const a = await present(context, 'a', texts.a, options.nodeA, options.tokenA ?? STEMMA_TOKEN_A);
  const b = await present(context, 'b', texts.b, options.nodeB, options.tokenB ?? STEMMA_TOKEN_B);
  const again = (unheard: UnheardSide) =>
    replayed(context, unheard, (host) => replay(host, a.document, b.document));
  const opened = await openReferee([a.node, b.node], a.receipt.release);
  if (!opened.ok) {
    // neither node gives the model, so that there is nothing to hold a testimony against
    const { code, message } = opened.error;
    return unwrap(await settleUnheard({ side: null, code, detail: message }, again));
  }
  const referee = opened.value;
  const nodeOf = ({ node, receipt }: Presented) => httpNode(node, receipt, checkEd25519Native);
  const witness = (side: 'a' | 'b', { receipt, evidence }: Presented, ask: AskNode) =>
    new AskingWitness(side, statementOf(receipt, evidence), referee.config, ask);
  return unwrap(
    await settleNodes(
      { a: nodeOf(a), b: nodeOf(b) },
      (ask) => referee.settle(witness('a', a, ask.a), witness('b', b, ask.b)),
      again,
    ),
  );
}

async function present(
  context: CommandContext,
  side: 'a' | 'b',
  text: string,
  url: string | undefined,
  token: string | undefined,
): Promise<Presented> {
  const node = url === undefined ? await ownServer(context, side) : { url, token: token ?? null };
  const byId = RECEIPT_ID.test(text);
  const document = byId ? unwrap(await documentOf(node, text)) : await readJsonFile(text);
  const members = typeof document === 'object' && document !== null ? document : {};
  const { receipt: shown, evidence: told } = members as Record<string, unknown>;
  const receipt = unwrap(parseReceipt(shown));
  if (byId && receipt.id !== text) {
    const message = `side ${side}: ${node.url} shows ${receipt.id} in place of ${text}`;
    throw new CodedError('RECEIPT_OTHER', message, { side, asked: text, shown: receipt.id });
  }
  if (told === null) {
    const message = `${node.url} does not show the private part of ${receipt.id}: it needs the token of who asked`;
    throw new CodedError('RECEIPT_PRIVATE', message, { side });
  }
  const evidence = unwrap(parseEvidence(told));
  unwrap(checkSide(side, receipt, evidence));
  return { node, document, receipt, evidence };
}

async function ownServer(context: CommandContext, side: 'a' | 'b'): Promise<NodeAddress> {
  const config = await context.config();
  const url = await serverUrl(config);
  if (url !== null) return { url, token: await commandToken(config) };
  const message = `no server runs on ${config.dataDir}; start it, or name the node with --node-${side}`;
  throw new CodedError('DISPUTE_NODE', message, { side });
}

/** From whichever of the nodes has it: what is read has to have the right hash. */
async function openReferee(nodes: readonly NodeAddress[], release: string): Promise<Result<FetchedReferee>> {
  const accesses = nodes.map(
    ({ url }) =>
      new HttpBlockAccess((path) =>
        fetch(`${url}${path}`, { signal: AbortSignal.timeout(BLOCK_MS), redirect: 'error' }),
      ),
  );
  const read: ReadBlock = async (chain, hash) => {
    const reasons: string[] = [];
    for (const access of accesses) {
      const block = await access.read(chain, hash).catch((thrown: unknown) => unreachable(thrown));
      if (block.ok) return block;
      reasons.push(block.error.message);
    }
    const message = `no node gives block ${hash}: ${reasons.join('; ')}`;
    return err(new CodedError('DISPUTE_WEIGHTS', message, { block: hash }, 503));
  };
  return FetchedReferee.open(read, release);
}

function unreachable(thrown: unknown): Result<never> {
  return err(new CodedError('NODE_UNREACHABLE', messageOf(thrown), {}, 503));
}

async function replayed(
  context: CommandContext,
  { side, code, detail }: UnheardSide,
  replay: (host: CommandHost) => Promise<Verdict>,
): Promise<Result<Verdict>> {
  try {
    return ok(await context.withApplication(replay));
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    const why = side === null ? 'the referee could not begin' : `${side} was not heard`;
    const message = `${why} (${code}: ${detail}), and the answers cannot be computed again here: ${thrown.message}`;
    return err(new CodedError('DISPUTE_UNSETTLED', message, { side, unheard: code, replay: thrown.code }));
  }
}
