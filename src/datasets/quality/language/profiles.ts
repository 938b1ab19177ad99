const wordsIn = (text: string): string[] => text.trim().split(/\s+/);

/** Languages in Latin script by their commonest small words; a word may belong to several languages. */
export const SMALL_WORDS: Readonly<Record<string, readonly string[]>> = {
  en: wordsIn(
    'the of and to in is that it was for on with as be are this by have from not but they you his her what which there',
  ),
  de: wordsIn(
    'der die das und ist nicht ein eine zu den mit von auf für sich dem des auch wie es war ich sie wird aus aber wenn',
  ),
  fr: wordsIn(
    'le la les des et est une un du que qui dans pour pas sur au avec plus ce il elle sont nous vous ne par cette était',
  ),
  es: wordsIn(
    'el la los las de que y en un una es por con para no se del su lo como más pero está al muy fue cuando también',
  ),
  pt: wordsIn(
    'o a os as de que e em um uma é por com para não se do da no na mais mas foi como ao dos das muito também você',
  ),
  it: wordsIn(
    'il la le gli di che e in un una è per con non si del della sono come anche più ma nel alla era questo dei molto',
  ),
  nl: wordsIn(
    'de het een en van is dat niet in op te zijn met voor die er aan ook als maar om hij zij was door naar wordt deze',
  ),
  sv: wordsIn(
    'och att det som en på är av för med den till inte om ett har var jag men de hade från han hon kan när eller',
  ),
  da: wordsIn(
    'og at det som en på er af for med den til ikke om et har var jeg men de havde fra han hun kan når eller blev',
  ),
  fi: wordsIn(
    'ja on ei se että oli hän ovat mutta kun myös joka niin kuin sen tai jos ole minä tämä hänen jotka vain sitten',
  ),
  pl: wordsIn(
    'i w nie na się z do jest to że jak ale po od za co jego był są tym dla przez tylko już może bardzo który czy',
  ),
  cs: wordsIn(
    'a se v na je že to s z do i o ve jsem ale jako za by po pro si tak co jeho byl jsou nebo které když už který',
  ),
  tr: wordsIn(
    've bir bu da de için ile çok daha olarak gibi var ama ne o kadar sonra en olan değil mi her ya değildir olduğu',
  ),
  ro: wordsIn(
    'și în de la cu a este nu că pe un o din care sunt mai pentru ce se au fost lui dar sau acest după foarte când',
  ),
  hu: wordsIn(
    'a az és hogy nem is egy ez meg volt van de csak már el mint ha azt még amely vagy kell aki lehet nagyon ezt',
  ),
  id: wordsIn(
    'yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena ada mereka adalah oleh sudah bisa',
  ),
  vi: wordsIn(
    'và của là có không được cho một những trong với các này khi đã người đó để rất như cũng từ nhưng về tôi',
  ),
};

/** Scripts that alone tell the language, tried in this order: Japanese mixes Kana with Han. */
export const SCRIPTS: readonly (readonly [language: string, characters: RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['bn', /\p{Script=Bengali}/gu],
  ['ta', /\p{Script=Tamil}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['ru', /\p{Script=Cyrillic}/gu],
];

/** Letters by which languages of one script differ from the commonest of it. */
export const OWN_LETTERS: Readonly<
  Record<string, readonly (readonly [language: string, letters: RegExp])[]>
> = {
  ru: [['uk', /[іїєґ]/giu]],
  ar: [['fa', /[پچژگ]/gu]],
};
