import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  canonicalJson,
  CodedError,
  err,
  messageOf,
  ok,
  sha256Hex,
  type Json,
  type Result,
} from '../../common/index.js';
import { joinPolicies, parsePolicyFile, type PolicySet } from './policy-rules.js';

/** Policies as read at one moment. */
export interface PolicyVersion {
  readonly policies: PolicySet;
  /** Canonical JSON of the rules: what the hash covers, and what the log keeps. */
  readonly content: string;
  /** SHA-256 of `content`. */
  readonly hash: string;
}

const MOST_FILES = 50;
/** All rules together must fit into one leaf of the log. */
const MOST_BYTES = 48 * 1024;

/** Reads `*.yaml` of a folder in order of their names. `POLICY_INVALID`, `POLICY_UNREADABLE`, `POLICY_TOO_LARGE`. */
export async function readPolicyFolder(folder: string): Promise<Result<PolicyVersion>> {
  const files: { file: string; rules: PolicySet }[] = [];
  try {
    const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
    if (names.length > MOST_FILES) return err(tooLarge());
    for (const name of names) {
      const rules = parsePolicyFile(name, await readFile(join(folder, name), 'utf8'));
      if (!rules.ok) return rules;
      files.push({ file: name, rules: rules.value });
    }
  } catch (thrown) {
    return err(new CodedError('POLICY_UNREADABLE', `The policies cannot be read: ${messageOf(thrown)}`));
  }
  const joined = joinPolicies(files);
  if (!joined.ok) return joined;
  const version = policyVersion(joined.value);
  return version.content.length > MOST_BYTES ? err(tooLarge()) : ok(version);
}

/** A set of rules with the hash it is known by. */
export function policyVersion(policies: PolicySet): PolicyVersion {
  const content = canonicalJson(policies as unknown as Json);
  return { policies, content, hash: sha256Hex(content) };
}

/** A version as it was kept; null where it cannot be read, or is not what its hash says. */
export function keptVersion(hash: string, content: string): PolicyVersion | null {
  if (sha256Hex(content) !== hash) return null;
  const rules = parsePolicyFile('the version kept', documentOf(content));
  return rules.ok ? { policies: rules.value, content, hash } : null;
}

/** The rules as a file writes them, which leaves out what a rule does not say; what is no list of rules reads as none. */
function documentOf(content: string): string {
  try {
    const rules = JSON.parse(content) as Readonly<Record<string, Json>>[];
    const said = rules.map((rule) =>
      Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null)),
    );
    return JSON.stringify({ version: 1, rules: said });
  } catch {
    return '';
  }
}

function tooLarge(): CodedError {
  const detail = `The policies exceed ${MOST_FILES} files or ${MOST_BYTES} bytes.`;
  return new CodedError('POLICY_TOO_LARGE', detail);
}
