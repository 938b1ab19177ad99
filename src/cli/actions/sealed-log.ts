import { hexToBytes, unwrap, verifyConsistency } from '../../common/index.js';
import { nativeSha256 } from '../../common/native-hash.js';
import type { SealedEvidence } from '../../learning/index.js';
import { openCheckpoint, parseVerifierKey } from '../../log/index.js';
import type { ServerClient } from '../server-client.js';

/** Whether a beacon is of the log. */
export interface LogFinding {
  readonly part: 'log';
  readonly agrees: boolean;
  readonly detail: string;
}

const HASH = /^[0-9a-f]{64}$/;

/** Whether the root of a verdict's beacon is that of the server's log when it had so many leaves: what is signed today has grown from it. */
export async function beaconInLog(
  server: ServerClient,
  { verdict: { beacon } }: Pick<SealedEvidence, 'verdict'>,
): Promise<LogFinding> {
  const verifier = unwrap(parseVerifierKey((await textOf(server, '/log/key')).trim()));
  const checkpoint = unwrap(openCheckpoint(await textOf(server, '/log/checkpoint'), verifier));
  const { size, root } = checkpoint;
  const bad = (detail: string): LogFinding => ({ part: 'log', agrees: false, detail });
  if (beacon.size > size) return bad(`the log has ${size} leaves, the beacon is over ${beacon.size}`);
  const asked = `/log/proof/consistency?first=${beacon.size}&second=${size}`;
  const { path } = await server.json<{ path: unknown }>('GET', asked);
  const isProof = Array.isArray(path) && path.every((hash) => typeof hash === 'string' && HASH.test(hash));
  const proof = isProof ? (path as string[]).map(hexToBytes) : null;
  const grew =
    proof !== null &&
    verifyConsistency(
      ...([beacon.size, size, proof, hexToBytes(beacon.root), hexToBytes(root)] as const),
      nativeSha256,
    );
  if (!grew) return bad(`the log of ${size} leaves has not grown from the beacon's root over ${beacon.size}`);
  const detail = `the log of ${checkpoint.origin}, signed with ${size} leaves, has grown from the beacon's root over ${beacon.size}`;
  return { part: 'log', agrees: true, detail };
}

async function textOf(server: ServerClient, path: string): Promise<string> {
  const response = await server.fetch(path);
  return response.text();
}
