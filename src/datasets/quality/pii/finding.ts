/** Kinds of personal data. */
export const PII_KINDS = ['email', 'phone', 'card', 'iban', 'national-id', 'ip-address', 'name'] as const;

/** A kind of personal data. */
export type PiiKind = (typeof PII_KINDS)[number];

/** Where personal data stand in a text; offsets are UTF-16 code units. */
export interface PiiFinding {
  readonly kind: PiiKind;
  readonly start: number;
  readonly end: number;
}
