const wordsIn = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Two groups of people, each by words that name its members. */
export interface GroupPair {
  readonly axis: string;
  readonly groups: readonly [GroupWords, GroupWords];
}

/** Words that name members of a group. */
export interface GroupWords {
  readonly name: string;
  readonly words: ReadonlySet<string>;
}

/** Pairs whose mentions are compared; English. */
export const GROUP_PAIRS: readonly GroupPair[] = [
  {
    axis: 'gender',
    groups: [
      {
        name: 'female',
        words: wordsIn(
          'she her hers herself woman women girl girls mother daughter sister wife lady female aunt queen',
        ),
      },
      {
        name: 'male',
        words: wordsIn(
          'he him his himself man men boy boys father son brother husband gentleman male uncle king',
        ),
      },
    ],
  },
  {
    axis: 'age',
    groups: [
      {
        name: 'old',
        words: wordsIn(
          'old elderly senior seniors retired pensioner pensioners aged grandmother grandfather',
        ),
      },
      {
        name: 'young',
        words: wordsIn(
          'young youth youths teenager teenagers teen teens youngster youngsters child children',
        ),
      },
    ],
  },
  {
    axis: 'religion',
    groups: [
      {
        name: 'christian',
        words: wordsIn('christian christians church catholic catholics protestant priest'),
      },
      { name: 'muslim', words: wordsIn('muslim muslims mosque islamic islam imam') },
    ],
  },
];

/** Fields of words a group may be mentioned with more often than the other. */
export const ATTRIBUTES: readonly GroupWords[] = [
  {
    name: 'career',
    words: wordsIn(
      'career job office business manager executive salary boss work leader engineer doctor lawyer professor',
    ),
  },
  {
    name: 'family',
    words: wordsIn(
      'home family parents children wedding marriage kitchen cooking cleaning baby nurse housework',
    ),
  },
  {
    name: 'science',
    words: wordsIn(
      'science scientist physics chemistry mathematics math engineering technology programmer computer',
    ),
  },
  {
    name: 'arts',
    words: wordsIn('art arts poetry dance literature music drama novel painting singer dancer'),
  },
  {
    name: 'praise',
    words: wordsIn('clever brave strong honest kind brilliant skilled reliable wise generous'),
  },
  {
    name: 'blame',
    words: wordsIn('stupid weak lazy dishonest violent criminal dangerous poor terrorist emotional'),
  },
];
