import type { Json } from '../../../src/common/canonical-json.js';
import { bytesToHex, concatBytes, hexToBytes, sha256Bytes } from '../../../src/common/hash.js';
import { checkModelConfig, type ModelConfig } from '../../../src/inference/kernel/config.js';
import type { BrowserReplayer } from '../../../src/inference/kernel/replayer.js';
import { stopTokenIds } from '../../../src/inference/models/sampling-defaults.js';
import { compareReplay, type PartReport } from '../../../src/inference/receipt/compare-replay.js';
import { TOKENS_PER_COMMITMENT } from '../../../src/inference/receipt/receipt.js';
import { answerText } from '../../../src/inference/tokenizer/answer-text.js';
import { TextTokenizer } from '../../../src/inference/tokenizer/text-tokenizer.js';
import { vocabularyOf } from '../../../src/inference/tokenizer/text-vocabulary.js';
import { parseTokenizerSource } from '../../../src/inference/tokenizer/tokenizer-source.js';
import { count } from '../components/format.js';
import type { Findings } from './findings.js';
import { replayerFor, type ReplaySubject } from './replayer.js';

/** Computes the answer again and compares picks, commitments, experts and text with the receipt. */
export async function checkReplay(subject: ReplaySubject, findings: Findings): Promise<void> {
  const { receipt, evidence, release } = subject;
  const total = evidence.output_ids.length;
  if (total === 0)
    return findings.step('replay', 'passed', 'the answer has no tokens: there is nothing to replay');
  const words = readTokenizer(release.tokenizer as Json);
  if (words === null) return findings.fail('replay', 'tokenizer', 'the tokenizer block cannot be used');
  findings.report({
    type: 'pieces',
    pieces: evidence.output_ids.map((id) => words.tokenizer?.describe([id]) ?? `${id} `),
  });
  findings.report({ type: 'tokens', agreed: 0, total });
  findings.step('replay', 'running', 'starting the kernel');
  const config = checkModelConfig(release.meta as ModelConfig);
  if (!config.ok) return findings.fail('replay', 'meta', config.error.message);
  const { vocabSize } = release.meta as ModelConfig;
  const vocabulary =
    words.tokenizer === null ? undefined : vocabularyOf(words.tokenizer, vocabSize, words.stopIds);
  const replayer = await replayerFor(subject, vocabulary);
  const replayed = replayer.ok ? await follow(replayer.value, subject, findings) : replayer;
  if (!replayed.ok) {
    const { facts, code, message } = replayed.error;
    return findings.fail('replay', String(facts.name ?? code), message, 0);
  }
  const text = answerText(words.tokenizer?.detokenizer() ?? null, evidence.output_ids, evidence.stop);
  const observed = { ...replayed.value, text, stopIds: words.stopIds };
  conclude(compareReplay(receipt, evidence, observed, sha256Bytes), total, findings);
}

/** Runs the replay; tokens count as agreed as soon as the commitment over them does. */
async function follow(replayer: BrowserReplayer, { receipt, evidence }: ReplaySubject, findings: Findings) {
  const salt = hexToBytes(evidence.salt);
  const states: Uint8Array[] = [];
  let agreed = 0;
  const steps = replayer.replay();
  for (let step = await steps.next(); ; step = await steps.next()) {
    if (step.done === true) return step.value;
    const { done, total } = step.value;
    states.push(...step.value.states);
    while (agreed < done && groupAgrees(agreed)) agreed = Math.min(total, agreed + TOKENS_PER_COMMITMENT);
    findings.report({ type: 'tokens', agreed: Math.min(agreed, done), total });
    findings.step('replay', 'running', `${done} of ${total} tokens computed`);
  }

  /** Whether the commitment over the tokens from `first` on is known to agree. */
  function groupAgrees(first: number): boolean {
    const last = Math.min(receipt.output.tokens, first + TOKENS_PER_COMMITMENT) - 1;
    if (states[last] === undefined) return false;
    const commitment = bytesToHex(sha256Bytes(concatBytes(salt, states[last])));
    return commitment === receipt.commitments[Math.floor(first / TOKENS_PER_COMMITMENT)];
  }
}

function conclude(parts: readonly PartReport[], total: number, findings: Findings): void {
  const wrong = parts.filter((part) => !part.agrees);
  const places = wrong.map(({ token }) => token).filter((token) => token !== null);
  findings.report({ type: 'tokens', agreed: Math.min(total, ...places), total });
  for (const { part, detail, token } of wrong) findings.fail('replay', part, detail, token);
  if (wrong.length === 0)
    findings.step('replay', 'passed', `${count(total, 'token')} computed again, all commitments agree`);
}

interface Words {
  readonly tokenizer: TextTokenizer | null;
  readonly stopIds: readonly number[];
}

/** What tells text from ids; null when the block cannot be used. @param payload null: the release has no tokenizer */
function readTokenizer(payload: Json): Words | null {
  if (payload === null) return { tokenizer: null, stopIds: [] };
  const source = parseTokenizerSource(payload);
  if (!source.ok) return null;
  const tokenizer = TextTokenizer.create(source.value);
  if (!tokenizer.ok) return null;
  return {
    tokenizer: tokenizer.value,
    stopIds: stopTokenIds(source.value, (token) => tokenizer.value.idOf(token)),
  };
}
