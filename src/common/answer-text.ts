/** JSON longer than this is made anew each time, characters. */
const LONGEST_KEPT = 64 * 1024;

/** Answers that are given out again and again, with their JSON once it was made. */
const texts = new WeakMap<object, string | null>();
const composed = new WeakSet();

/** Marks an answer that never changes: its JSON is made once and lives as long as the answer. */
export function keepText<T extends object>(answer: T): T {
  if (!texts.has(answer)) texts.set(answer, null);
  return answer;
}

/** Marks an answer some of whose members were marked: its JSON is put together from theirs. */
export function composeText<T extends object>(answer: T): T {
  composed.add(answer);
  return answer;
}

/** The JSON of an answer: the same text as `JSON.stringify`, which marked answers must be able to have. */
export function textOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null) return JSON.stringify(answer);
  const kept = texts.get(answer);
  if (typeof kept === 'string') return kept;
  if (kept === undefined)
    return composed.has(answer) ? membersText(answer as Record<string, unknown>) : JSON.stringify(answer);
  const text = JSON.stringify(answer);
  if (text.length <= LONGEST_KEPT) texts.set(answer, text);
  return text;
}

function membersText(answer: Readonly<Record<string, unknown>>): string {
  const members = Object.entries(answer).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${textOf(member)}`).join(',')}}`;
}

/** Remembers what was made of certain objects: while these are the same, so is the answer, and its JSON is made once. */
export class SameAnswers {
  private readonly known = new Map<
    string,
    { readonly sources: readonly unknown[]; readonly answer: object }
  >();

  /** @param most answers remembered; the one made longest ago goes first */
  constructor(private readonly most: number) {}

  /** The answer to a key made of certain sources; `make` must look at nothing else, and give one shape of answers. */
  of<T extends object>(key: string, sources: readonly unknown[], make: () => T): T {
    const known = this.known.get(key);
    if (known?.sources.length === sources.length && known.sources.every((each, i) => each === sources[i]))
      return known.answer as T;
    const answer = keepText(make());
    this.known.delete(key);
    if (this.known.size >= this.most) this.known.delete(this.known.keys().next().value as string);
    this.known.set(key, { sources, answer });
    return answer;
  }
}
