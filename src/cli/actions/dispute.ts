import { unwrap, type Json } from '../../common/index.js';
import {
  disputeBundles,
  parseEvidence,
  parseReceipt,
  type NodeVerdict,
  type Verdict,
} from '../../inference/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';
import type { DisputeOptions } from './dispute-nodes.js';
import { readJsonFile } from './json-file.js';

const BUNDLE = /\.zip$/i;
const RECEIPT_ID = /^rcpt_[0-9a-f]{32}$/;

/** Settles a dispute between two bundles, between two receipts on this server, or between two nodes; exit code 1 when they differ. */
export async function dispute(
  context: CommandContext,
  a: string,
  b: string,
  options: DisputeOptions,
): Promise<number> {
  const named = options.nodeA !== undefined || options.nodeB !== undefined;
  if (BUNDLE.test(a) !== BUNDLE.test(b) || (named && BUNDLE.test(a))) {
    const line = 'two bundles, or two receipts and the nodes they come from, but not one of each';
    process.stderr.write(`stemma: ${line}\n`);
    return EXIT.usage;
  }
  const verdict = await verdictOf(context, a, b, options, named);
  context.print(verdict as unknown as Json, lines(verdict).join('\n'));
  return verdict.differs ? EXIT.false : EXIT.done;
}

async function verdictOf(
  context: CommandContext,
  a: string,
  b: string,
  options: DisputeOptions,
  named: boolean,
): Promise<Verdict | NodeVerdict> {
  if (BUNDLE.test(a)) return unwrap(await disputeBundles(a, b));
  if (named || RECEIPT_ID.test(a) || RECEIPT_ID.test(b)) {
    const { disputeNodes } = await import('./dispute-nodes.js');
    return disputeNodes(context, { a, b }, options, disputeFiles);
  }
  return context.withApplication(async (host) =>
    disputeFiles(host, await readJsonFile(a), await readJsonFile(b)),
  );
}

async function disputeFiles(host: CommandHost, a: unknown, b: unknown): Promise<Verdict> {
  if (host.kind === 'server') return host.server.json('POST', '/v1/receipts/dispute', { a, b });
  const side = (document: unknown) => {
    const { receipt, evidence } = document as Record<string, unknown>;
    return { receipt: unwrap(parseReceipt(receipt)), evidence: unwrap(parseEvidence(evidence)) };
  };
  const { DisputeService } = await import('../own-services.js');
  return unwrap(await host.application.get(DisputeService).settle(side(a), side(b), AbortSignal.any([])));
}

function lines(verdict: Verdict | NodeVerdict): string[] {
  const { place, values, detail, work } = verdict;
  const how = 'method' in verdict ? methodLines(verdict) : [];
  if (place === null) return [detail, ...how];
  const layer = place.layer === null ? '' : `layer ${place.layer}, `;
  const rank = place.rank === null ? '' : ` of expert rank ${place.rank}`;
  const element = place.index === null ? '' : `, element ${place.index}`;
  const shown = values === null ? [] : [`a: ${values.a}   b: ${values.b}   referee: ${values.right}`];
  const share = ((100 * work.referee) / work.generation).toFixed(3);
  const spent = `The referee did ${work.referee} multiplications, ${share} % of computing the answer once.`;
  const where = `token ${place.token ?? '-'}: ${layer}${place.operator}${rank}${element}`;
  return [detail, where, ...shown, spent, ...how];
}

function methodLines({ method, unheard }: NodeVerdict): string[] {
  if (method === 'receipts') return ['The receipts alone say so: no node was asked.'];
  if (unheard === null) return ['Both nodes were heard.'];
  const { side, code, detail } = unheard;
  const why = side === null ? 'The referee could not begin' : `Node ${side} was not heard`;
  return [
    `${why} (${code}: ${detail}).`,
    'Settled by replay instead: both answers were computed again, which ends at a token and names no layer.',
  ];
}
