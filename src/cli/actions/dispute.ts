import { unwrap, type Json } from '../../common/index.js';
import { disputeBundles, parseEvidence, parseReceipt, type Verdict } from '../../inference/index.js';
import { EXIT, type CommandContext } from '../command-context.js';
import type { CommandHost } from '../with-application.js';
import { readJsonFile } from './json-file.js';

const BUNDLE = /\.zip$/i;

/** Settles a dispute between two bundles, or between two receipts on this server; false when they differ. */
export async function dispute(context: CommandContext, a: string, b: string): Promise<number> {
  if (BUNDLE.test(a) !== BUNDLE.test(b)) {
    process.stderr.write('stemma: two bundles, or two receipt files, but not one of each\n');
    return EXIT.usage;
  }
  const verdict = BUNDLE.test(a)
    ? unwrap(await disputeBundles(a, b))
    : await context.withApplication(async (host) =>
        disputeFiles(host, await readJsonFile(a), await readJsonFile(b)),
      );
  context.print(verdict as unknown as Json, lines(verdict).join('\n'));
  return verdict.differs ? EXIT.false : EXIT.done;
}

async function disputeFiles(
  host: CommandHost,
  a: Record<string, unknown>,
  b: Record<string, unknown>,
): Promise<Verdict> {
  if (host.kind === 'server') return host.server.json('POST', '/v1/receipts/dispute', { a, b });
  const side = ({ receipt, evidence }: Record<string, unknown>) => ({
    receipt: unwrap(parseReceipt(receipt)),
    evidence: unwrap(parseEvidence(evidence)),
  });
  const { DisputeService } = await import('../own-services.js');
  return unwrap(await host.application.get(DisputeService).settle(side(a), side(b)));
}

function lines({ place, values, detail, work }: Verdict): string[] {
  if (place === null) return [detail];
  const layer = place.layer === null ? '' : `layer ${place.layer}, `;
  const rank = place.rank === null ? '' : ` of expert rank ${place.rank}`;
  const element = place.index === null ? '' : `, element ${place.index}`;
  const shown = values === null ? [] : [`a: ${values.a}   b: ${values.b}   referee: ${values.right}`];
  const share = ((100 * work.referee) / work.generation).toFixed(3);
  const spent = `The referee did ${work.referee} multiplications, ${share} % of computing the answer once.`;
  return [detail, `token ${place.token ?? '-'}: ${layer}${place.operator}${rank}${element}`, ...shown, spent];
}
