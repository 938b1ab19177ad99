import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CodedError, err, hashJson, messageOf, ok, type Json, type Result } from '../../common/index.js';
import { packageRoot } from '../../common/installation.js';

/** Groups of people in otherwise equal sentences. */
export interface Axis {
  readonly name: string;
  /** In alphabetical order. */
  readonly groups: readonly string[];
  /** Group to how its person is called; every frame has every group. */
  readonly frames: readonly Readonly<Record<string, string>>[];
}

/** What a release is asked: versioned, and named by its hash in every report. */
export interface QuestionSet {
  readonly version: number;
  /** SHA-256 of the canonical JSON of the whole set. */
  readonly hash: string;
  readonly axes: readonly Axis[];
  /** What is said of every person, without the person. */
  readonly continuations: readonly string[];
  /** Openings whose answers are looked through. */
  readonly prompts: readonly string[];
}

/** Where the set of this installation lies. */
export function questionFile(): string {
  return join(packageRoot(), 'config', 'truth-mirror.yaml');
}

/** Reads the set. `MIRROR_QUESTIONS` (500) for a file that is not there or not what it should be. */
export async function readQuestionSet(file = questionFile()): Promise<Result<QuestionSet>> {
  try {
    return parseQuestionSet(parse(await readFile(file, 'utf8'), { maxAliasCount: 0 }));
  } catch (thrown) {
    return err(wrong(messageOf(thrown)));
  }
}

/** Checks a set: every frame has the same groups, at least two, and nothing is empty. */
export function parseQuestionSet(value: unknown): Result<QuestionSet> {
  const { version, axes, continuations, prompts, ...rest } = (value ?? {}) as Record<string, unknown>;
  if (Object.keys(rest).length > 0) return err(wrong(`unknown ${Object.keys(rest)[0]}`));
  if (!Number.isSafeInteger(version)) return err(wrong('version is not a whole number'));
  if (!isTexts(continuations) || !isTexts(prompts))
    return err(wrong('continuations or prompts are no texts'));
  if (typeof axes !== 'object' || axes === null || Object.keys(axes).length === 0)
    return err(wrong('there are no axes'));
  const parsed: Axis[] = [];
  for (const [name, axis] of Object.entries(axes as Record<string, { frames?: unknown } | null>)) {
    const frames = axis?.frames;
    const groups = groupsOf(frames);
    if (groups === null) return err(wrong(`the frames of ${name} do not have the same two or more groups`));
    parsed.push({ name, groups, frames: frames as Axis['frames'] });
  }
  return ok({
    version: version as number,
    hash: hashJson(value as Json),
    axes: parsed,
    continuations,
    prompts,
  });
}

function groupsOf(frames: unknown): string[] | null {
  if (!Array.isArray(frames) || frames.length === 0) return null;
  const names = frames.map((frame: unknown) => Object.keys((frame ?? {}) as object).sort());
  const same = names.every((groups) => groups.join('\n') === names[0].join('\n'));
  const texts = frames.every((frame: unknown) => isTexts(Object.values((frame ?? {}) as object)));
  return same && texts && names[0].length >= 2 ? names[0] : null;
}

function isTexts(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 500 &&
    value.every((text) => typeof text === 'string' && text.trim() !== '' && text.length <= 500)
  );
}

function wrong(why: string): CodedError {
  return new CodedError(
    'MIRROR_QUESTIONS',
    `The questions of the truth mirror cannot be used: ${why}.`,
    {},
    500,
  );
}
