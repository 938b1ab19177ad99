import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { digestPayload } from '../../src/chain/block/index.js';
import { bytesToHex, type Json } from '../../src/common/index.js';
import { secp256k1Signer } from '../../src/keys/secp256k1-signer.js';
import { HttpBlockAccess } from '../../src/learning/source/http-block-access.js';
import { prepareSubmission } from '../../src/learning/submission/prepare-submission.js';
import { depositBytes } from '../../src/rewards/fees/deposit.js';
import { DAMAGED_EXPERT, repairedExpert } from './damaged-genesis.js';
import { PATIENCE_MS } from './patience.js';
import { call } from './tasks.js';

/** JSON as a server answers it. */
export type Body = Record<string, Json>;

/** A submission as a server shows it. */
export interface Submission extends Body {
  readonly submission_id: string;
  readonly state: string;
}

/** Blocks and statement of a contributor, with what they were made from. */
export type Prepared = Awaited<ReturnType<Submitter['prepare']>>;

const SIGNER = secp256k1Signer(new Uint8Array(32).fill(7));
/** An evaluation computes thousands of answers. */
const JUDGING_MS = 2 * PATIENCE_MS;

/** A contributor of a server on which the damaged genesis is live. */
export class Submitter {
  /** @param model the name that the damaged genesis was imported under */
  constructor(
    public url: string,
    private readonly model = 'genesis',
  ) {}

  /** A successful answer. */
  async get<T = Body>(path: string): Promise<T> {
    const { status, body } = await call(this.url, 'GET', path);
    expect([path, status]).toEqual([path, 200]);
    return body as T;
  }

  /** The manifest of a training that is said to have led to these weights. */
  async manifestOf({ payload, tensors }: ReturnType<typeof repairedExpert>): Promise<Body> {
    const { items } = await this.get(`/models/${this.model}/releases`);
    const { release } = (items as Body[]).at(-1) as Body;
    const { weights } = await this.get(`/chain/A/blocks/${String(release)}/payload`);
    const block = {
      ...{
        name: DAMAGED_EXPERT,
        parent: (weights as Body)[DAMAGED_EXPERT],
        tensors: tensors as unknown as Json,
      },
      ...{ payload_hash: digestPayload(payload).hash, payload_size: payload.length },
      file: `${DAMAGED_EXPERT}.tensorblock`,
    };
    const data = { hash: 'ab'.repeat(32), bytes: 1, learnt: 1, unseen: 1 };
    return { version: 1, model: this.model, release, data, blocks: [block], steps: [] };
  }

  /** What is sent for an expert; the repaired one unless told otherwise. @param datasets blocks of what it was trained on */
  async prepare(expert = repairedExpert(), datasets: readonly string[] = []) {
    const manifest = await this.manifestOf(expert);
    const access = new HttpBlockAccess((path) => fetch(`${this.url}${path}`));
    const trained = {
      ...{ manifest, payloads: new Map([[DAMAGED_EXPERT, expert.payload]]), domains: [], datasets },
      ...{ difficulty: 0, now: Date.now() },
    };
    const made = await prepareSubmission(trained, SIGNER, access);
    if (!made.ok) throw made.error;
    return { ...made.value, manifest, payload: expert.payload };
  }

  /** Uploads and hands in. @param changes members of the request that are to be wrong */
  async submit(parts: Prepared, changes: Body = {}): Promise<{ status: number; body: Body }> {
    const { statement, signature, manifest } = parts;
    const body = { upload_id: await this.upload(parts), statement, signature, manifest, ...changes };
    return call<Body>(this.url, 'POST', '/learning/submissions', body);
  }

  /** Waits until a submission is in one of these states; throws when it ends in another. */
  async reaches(id: string, ...states: string[]): Promise<Submission> {
    for (const end = performance.now() + JUDGING_MS; performance.now() < end; await delay(50)) {
      const found = await this.get<Submission>(`/learning/submissions/${id}`);
      if (states.includes(found.state)) return found;
      if (['rejected', 'superseded', 'released'].includes(found.state))
        throw new Error(JSON.stringify(found));
    }
    throw new Error(`${id} did not become ${states.join(' or ')}`);
  }

  /** Moves what the contributor has earned to an account of the server. @param units as a string of digits */
  async deposit(name: string, units: string): Promise<{ status: number; body: Body }> {
    const log = (await (await fetch(`${this.url}/log/key`)).text()).trim();
    const nonce = randomBytes(16).toString('hex');
    const wish = { key: bytesToHex(SIGNER.publicKey), amount: units, nonce };
    const statement = { format: 'stemma.deposit.v1', log, account: `account:${name}`, ...wish } as const;
    const signature = bytesToHex(SIGNER.sign(depositBytes(statement)));
    return call<Body>(this.url, 'POST', '/rewards/deposits', { ...wish, signature });
  }

  /** The question that waits for a guardian. */
  async question(): Promise<string> {
    for (const end = performance.now() + JUDGING_MS; performance.now() < end; await delay(50)) {
      const { items } = await this.get('/api/guardian/escalations?state=open');
      const [first] = items as Body[];
      if (first !== undefined) return String(first.escalation_id);
    }
    throw new Error('no guardian was asked');
  }

  private async upload({ headers, payload }: Prepared): Promise<string> {
    const { body } = await call(this.url, 'POST', '/upload_moe_experts', { headers });
    const { upload_id: id, blocks } = body as unknown as {
      upload_id: string;
      blocks: { received: number }[];
    };
    if (blocks[0].received === payload.length) return id;
    const path = `/upload_moe_experts/${id}/${headers[0].payload_hash}?offset=0`;
    const sent = await fetch(`${this.url}${path}`, {
      ...{ method: 'PUT', headers: { 'content-type': 'application/octet-stream' } },
      body: new Uint8Array(payload),
    });
    expect(sent.status).toBe(200);
    return id;
  }
}
