import { canonicalJson, type Json } from '../../common/canonical-json.js';
import { ok, type Result } from '../../common/result.js';
import { compileConstraint } from './compile-constraint.js';
import type { Constraint, TextRules } from './constraint.js';
import { Lexicon } from './lexicon.js';
import { MaskCache } from './mask-cache.js';
import { Matcher } from './matcher.js';
import type { State } from './states/state.js';
import type { Vocabulary } from './vocabulary.js';

/** Compiled constraints that are kept, and the characters of their schemas together: they grow in memory with these. */
const KEPT = 32;
const KEPT_CHARACTERS = 1 << 18;

interface Grammar {
  readonly id: number;
  readonly start: State;
}

/** The constraints in use on one model: compiled once, their token sets shared by all answers. */
export class Grammars {
  private readonly compiled = new Map<string, Grammar>();
  private readonly masks = new MaskCache();
  private lexicon: Lexicon | null = null;
  private nextId = 0;
  private characters = 0;

  constructor(private readonly vocabulary: Vocabulary) {}

  /** A new answer's way through a constraint; refuses as `compileConstraint`. */
  matcher(constraint: Constraint): Result<Matcher> {
    const grammar = this.compile(constraint);
    if (!grammar.ok) return grammar;
    this.lexicon ??= new Lexicon(this.vocabulary);
    const { id, start } = grammar.value;
    const tokens = constraint.version === 1 ? undefined : constraint.tokens;
    return ok(new Matcher(start, this.lexicon, this.masks, `${id}:`, tokens));
  }

  private compile({ schema, around }: TextRules): Result<Grammar> {
    const rules = around === undefined ? { schema } : { schema, around };
    const name = canonicalJson(rules as unknown as Json);
    const known = this.compiled.get(name);
    if (known !== undefined) return ok(known);
    const start = compileConstraint(rules, this.vocabulary);
    if (!start.ok) return start;
    const grammar = { id: this.nextId++, start: start.value };
    this.compiled.set(name, grammar);
    this.characters += name.length;
    for (const oldest of this.compiled.keys()) {
      if (this.compiled.size <= KEPT && this.characters <= KEPT_CHARACTERS) break;
      this.compiled.delete(oldest);
      this.characters -= oldest.length;
    }
    return ok(grammar);
  }
}
