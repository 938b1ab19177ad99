/**
 * Words of abuse, as data. What counts is how they are used, which `toxicity.ts` decides. All in small letters, without
 * accents, as normalisation leaves them.
 */
const wordsIn = (text: string): string[] => text.trim().split(/\s+/);
const phrasesIn = (text: string): string[][] =>
  text
    .trim()
    .split(/\s*,\s*/)
    .map((phrase) => phrase.split(/\s+/));

/** Insults: abuse when they are aimed at somebody. English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian. */
export const INSULTS = new Set(
  wordsIn(`
    idiot idiots idiotic moron morons imbecile stupid dumb dumbass retarded loser losers scum scumbag pathetic
    worthless disgusting vermin pig pigs swine bastard bastards bitch bitches whore slut asshole assholes arsehole jerk
    prick dickhead douchebag wanker twat cunt motherfucker jackass dimwit halfwit ugly creep parasite
    idiotin trottel depp arschloch schlampe hurensohn wichser missgeburt drecksau abschaum dumm blod vollidiot
    idiote imbecile connard connasse salope pute encule debile ordure conne abruti cretin
    idiota estupido estupida imbecil gilipollas cabron puta pendejo pendeja zorra hijoputa
    otario burro babaca arrombado cuzao     stupido stupida stronzo stronza coglione bastardo puttana cretino deficiente
    idioot klootzak eikel hoer trut sukkel kutwijf
    idiotka debil kretyn suka kurwa szmata
    идиот идиотка дурак дура дебил тварь сука мразь урод придурок`),
);

/** Obscenities: abuse when aimed at somebody, or when a text is full of them. */
export const PROFANITIES = new Set(
  wordsIn(`
    fuck fucking fucked fucker fuckers shit shitty bullshit crap damn piss bollocks
    scheisse scheiss scheiße kacke fick ficken fickt verfickt verpiss merde putain foutre mierda joder coño cono carajo merda
    porra caralho foda cazzo vaffanculo kut klote godverdomme kurwa pierdol blad bljad`),
);

/** Threats, curses and what drives people to harm themselves. */
export const PHRASES = phrasesIn(`
  kill yourself, kys, go die, go kill yourself, hope you die, hope you get cancer, hope you get hurt, i will kill you,
  im going to kill you, i am going to kill you, ill kill you, i will hurt you, i will find you and, you deserve to die,
  you should die, you should be dead, nobody would miss you, shut the fuck up, go fuck yourself, fuck you, fuck off, screw you,
  go to hell, drop dead, burn in hell, piss off, suck my dick, should all be killed, should all die, should be exterminated,
  are subhuman, are all vermin, deserve to be raped, ich bringe dich um, ich mach dich kalt, bring dich um, fick dich,
  verpiss dich, stirb endlich, halt die fresse, je vais te tuer, va te faire foutre, ferme ta gueule, ta gueule, va mourir,
  nique ta mere, te voy a matar, vete a la mierda, vete al infierno, muerete, ojala te mueras, hijo de puta, vou te matar,
  vai se foder, vai tomar no cu, morra, filho da puta, ti ammazzo, ti uccido, vai a farti fottere, figlio di puttana, crepa,
  ik maak je dood, ga dood, rot op, val dood, zabije cie, spierdalaj, odpierdol sie, zdechnij, я тебя убью, убей себя,
  иди на хуй, пошел на хуй, заткнись, сдохни`);

/** Words against groups of people, by `fingerprint` so that they need not be written here: abuse unless spoken about. */
export const SLURS = new Set(
  wordsIn(`
  4c70db32144e4b04 2286afb2adaefaee 90cb9fea2065903a 8adcae52fc699b2c 1f1b3b1640329410 7a10120a45d4c553 a225205be26a20cc bdcde9f88ba79597 759d012ff16feee8 3de685da39131b80 91adb2bf2e778939 e04f5da16c053158 fb704eceb9a5d86e 1f0dfc0f957b3107 0a62d8c34b5e1b59 cf4ca9e98f429095 9491002a27a1f864 7ece13ed4a85d631 dd6cfa1119641d87 7838143fc98fd93f 06f40af4551661c9 cc306bf6f5fc73fa 1d53d74947093304 ae6ab7862847cc0e 05065b3ac981e9bf 22326ad2a84486a2 6c0ee13471b1fb47 9e07973acfdaa74c a36b9385dc10281c 711efd1a36fb0b30 ea71de566125fcae f5880627e5ac2144 cd9ec47f571dd854 ca7afc4973dbbe99 a58316f2ebe681ea c9c46864cccbfab2 aac379271d607f69 242c454521922714 48cef34e01dfd6c3 b7190d6648153d34 2715ffedb9ddb8ae 9ca1125a7a99c982 494327a6dcce8973 37b2cef28f906e6d 907d34241c360521 b0c85417670046d9 0ef01f9536b8e2ff f2c437a1b5f571e7 233ba281170fef55 c721430809e22454 b2856e19e54a5517 b12fb0cc20bc0bdf 13dd9756ae239b31`),
);

/** Those whom an insult may be aimed at: the second person of the languages above. */
export const ADDRESSED = new Set(
  wordsIn(`
    you your youre yourself u ur ya yall du dich dir dein deine deinen ihr euch tu toi te vous votre ton es etes eres usted
    ustedes ti voce voces teu sei siete tuo jij je jou jouw bent ty ciebie cie jestes twoj ты тебя тебе вы вас твой`),
);

/** Words that turn an insult into its opposite or into talk about it. */
export const EXCUSES = new Set(
  wordsIn(`
    not no never isnt arent dont doesnt didnt wont without nobody nicht kein keine keinen nie pas jamais non ne nunca nao niet
    geen nie не нет никогда word words term terms wort worter mot mots palabra palabras parola parole woord slowo слово
    called call calling calls say said saying says told if why did means meaning rude insult insults slur slurs report`),
);
