/** What a number is said to be shortly before it. */
export type NumberContext = keyof typeof WORDS;

const WORDS = {
  phone:
    'phone|telephone|tel|call|cell|mobile|fax|whatsapp|text me|handy|telefon|telefonnummer|rufnummer|anrufen|téléphone|portable|appelez|teléfono|llame|móvil|telefone|celular|telefono|cellulare|chiama|telefoon|bel|zadzwoń|тел|телефон',
  id: 'ssn|social security|sin|bsn|burgerservicenummer|sofinummer|aadhaar|cpf|pesel|passport|national id|tax id|tin|nino|steuer-id|steueridentifikationsnummer|nir|tc kimlik|personnummer|id number|id no|identity number',
} as const;
/** How far before a number its word may stand, UTF-16 code units. */
const REACH = 40;
const PATTERNS = Object.fromEntries(
  Object.entries(WORDS).map(([name, words]) => [
    name,
    new RegExp(`(?<!\\p{L})(?:${words})(?!\\p{L})`, 'giu'),
  ]),
) as Readonly<Record<NumberContext, RegExp>>;

/** Where a text announces numbers of some kind. Asked with rising places, as a scan does. */
export class ContextWords {
  private readonly ends = new Map<NumberContext, number[]>();

  constructor(private readonly text: string) {}

  /** Whether one of the words stands shortly before a place. */
  before(place: number, context: NumberContext): boolean {
    const ends = this.endsOf(context);
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle] <= place) low = middle + 1;
      else high = middle;
    }
    return low > 0 && place - ends[low - 1] <= REACH;
  }

  /** The words are looked for once, and only if a number asks for them. */
  private endsOf(context: NumberContext): readonly number[] {
    const known = this.ends.get(context);
    if (known !== undefined) return known;
    const found = Array.from(this.text.matchAll(PATTERNS[context]), (match) => match.index + match[0].length);
    this.ends.set(context, found);
    return found;
  }
}
