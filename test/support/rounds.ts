import type { RoleName } from '../../src/auth/index.js';
import { bytesToHex, unwrap } from '../../src/common/index.js';
import { nativeSha256Hex } from '../../src/common/native-hash.js';
import { TensorBlock } from '../../src/experts/tensorblock/index.js';
import { secp256k1Signer } from '../../src/keys/secp256k1-signer.js';
import { encodeDelta, type DeltaPlan } from '../../src/learning/delta/delta-codec.js';
import { readRoundBase, type RoundBase } from '../../src/learning/rounds/round-base.js';
import {
  commitmentOf,
  roundStatementBytes,
  type RoundStatement,
} from '../../src/learning/rounds/statements.js';
import type { RoundTerms } from '../../src/learning/rounds/terms.js';
import { HttpBlockAccess } from '../../src/learning/source/http-block-access.js';
import { ACCOUNT_SETTINGS, call, firstAdmin, register, type Answer, type Person } from './accounts.js';
import { DAMAGED_EXPERT, repairedExpert } from './damaged-genesis.js';
import { startDamagedServer } from './damaged-server.js';
import { answerOnce } from './patience.js';
import type { TestServer } from './server.js';

/** A round as a server shows it. */
export type Round = Answer['body'] & { readonly round_id: string; readonly state: string };

/** All values, in 8 bits. */
const WHOLE: DeltaPlan = { rank: 0, share: 1, bits: 8 };

/** A server with accounts on which the damaged genesis is live. */
export async function startRoundServer(): Promise<{
  server: TestServer;
  env: Record<string, string>;
  admin: Person;
}> {
  const { server, env } = await startDamagedServer(ACCOUNT_SETTINGS);
  return { server, env, admin: await firstAdmin(server) };
}

/** Somebody who has an account with these roles. */
export async function personWith(
  server: Pick<TestServer, 'url'>,
  admin: Person,
  ...roles: RoleName[]
): Promise<Person> {
  const person = await register(server);
  const path = `/api/accounts/${person.id}`;
  const { status } = await call(server, 'PATCH', path, { token: admin.token, body: { roles } });
  expect(status).toBe(200);
  return person;
}

/** Terms of a round about the damaged expert; phases end when everybody is done, or after ten minutes. */
export async function termsFor(
  server: Pick<TestServer, 'url'>,
  changes: Partial<RoundTerms> = {},
): Promise<RoundTerms> {
  const access = new HttpBlockAccess((path) => fetch(`${server.url}${path}`));
  return {
    ...{ version: 1, model: 'genesis', release: unwrap(await access.resolve('genesis')) },
    ...{ experts: [DAMAGED_EXPERT], datasets: [], seed: 'a round' },
    training: { learning_rate: 0.001, batch_tokens: 2048, steps: 10 },
    ...{ aggregator: 'median', faulty: 1, minimum: 3, most: 3, update_bytes: 2 ** 20, update_length: 2 },
    ...{ join_seconds: 600, commit_seconds: 600, reveal_seconds: 600 },
    ...changes,
  };
}

/** The experts of a round, read from the server. */
export async function baseOf({ url }: Pick<TestServer, 'url'>, terms: RoundTerms): Promise<RoundBase> {
  return unwrap(await readRoundBase(new HttpBlockAccess((path) => fetch(`${url}${path}`)), terms));
}

/**
 * A compressed update that repairs the damaged expert.
 * @param change what becomes of each value of it
 */
export function repairingUpdate(
  base: RoundBase,
  change: (value: number, place: number) => number = (value) => value,
  plan: DeltaPlan = WHOLE,
): Uint8Array {
  const { payload, tensors } = repairedExpert();
  const delta = base.tensors.map(({ block, tensor, rows, columns, values }) => {
    const entry = tensors.find(({ name }) => name === tensor);
    if (entry === undefined) throw new Error(`the repaired expert has no ${tensor}`);
    const part = payload.subarray(entry.offset, entry.offset + entry.length);
    const right = unwrap(TensorBlock.decode(part)).rows(0, rows);
    const changed = values.map((value, i) => change(right[i] - value, i));
    return [`${block}/${tensor}`, { rows, columns, values: changed }] as const;
  });
  return encodeDelta(new Map(delta), plan);
}

/** A contributor with an account and a key. */
export class RoundMember {
  private readonly signer;
  readonly author: string;

  constructor(
    public server: Pick<TestServer, 'url'>,
    readonly person: Pick<Person, 'token'>,
    number: number,
  ) {
    this.signer = secp256k1Signer(new Uint8Array(32).fill(number));
    this.author = bytesToHex(this.signer.publicKey);
  }

  /** Announces a round. */
  announce(terms: unknown): Promise<Answer> {
    return this.post('/learning/rounds', { terms });
  }

  /** Joins a round. */
  join(round: string): Promise<Answer> {
    return this.sign(`/learning/rounds/${round}/members`, {
      ...{ version: 1, kind: 'join', round, author: this.author },
    });
  }

  /** Commits to an update. @param author whose commitment it is; its own by default */
  commit(round: string, update: Uint8Array, author = this.author): Promise<Answer> {
    return this.sign(`/learning/rounds/${round}/commitments`, {
      ...{ version: 1, kind: 'commit', round, author: this.author },
      commitment: commitmentOf(round, author, nativeSha256Hex(update)),
    });
  }

  /** Shows an update. */
  async reveal(round: string, update: Uint8Array): Promise<Answer> {
    const path = `/learning/rounds/${round}/updates?author=${this.author}`;
    const response = await fetch(`${this.server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', authorization: `Bearer ${this.person.token}` },
      body: new Uint8Array(update),
    });
    return {
      ...{ status: response.status, headers: response.headers },
      body: (await response.json()) as Answer['body'],
    };
  }

  private sign(path: string, statement: RoundStatement): Promise<Answer> {
    const signature = bytesToHex(this.signer.sign(roundStatementBytes(statement)));
    return this.post(path, { statement, signature });
  }

  private post(path: string, body: unknown): Promise<Answer> {
    return call(this.server, 'POST', path, { token: this.person.token, body });
  }
}

/** Waits until a round is in a state; throws when it fails instead. */
export async function roundReaches(
  server: Pick<TestServer, 'url'>,
  id: string,
  ...states: string[]
): Promise<Round> {
  const ask = async () => (await call(server, 'GET', `/learning/rounds/${id}`)).body as Round;
  const found = await answerOnce(ask, ({ state }) => states.includes(state) || state === 'failed');
  if (!states.includes(found.state)) throw new Error(JSON.stringify(found));
  return found;
}
