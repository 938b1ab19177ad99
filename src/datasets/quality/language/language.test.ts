import { cpuMilliseconds } from '../../../../test/support/cpu-time.js';
import { languageOf, UNDETERMINED } from './language.js';

/** Everyday sentences, three a language; none was used to choose the small words. */
const SENTENCES: Readonly<Record<string, readonly string[]>> = {
  en: [
    'The train to the coast was late, but nobody minded.',
    'She asked what there is to see in the old town.',
    'It is raining, and we have to stay at home with the children.',
  ],
  de: [
    'Der Zug war zu spät, aber das hat niemanden gestört.',
    'Sie fragte, wie es mit dem neuen Haus weitergeht.',
    'Ich habe das Buch nicht gelesen, weil es zu lang ist.',
  ],
  fr: [
    'Le train était en retard, mais cela ne dérange personne.',
    'Elle demande ce qui est à voir dans la vieille ville.',
    'Nous restons à la maison avec les enfants, car il pleut.',
  ],
  es: [
    'El tren llegó tarde, pero no le molestó a nadie.',
    'Ella preguntó por las casas que se ven en la plaza.',
    'No he leído el libro porque es muy largo.',
  ],
  pt: [
    'O trem atrasou, mas isso não incomodou ninguém.',
    'Ela perguntou o que se pode ver na cidade velha.',
    'Você não leu o livro porque é muito longo para uma noite.',
  ],
  it: [
    'Il treno era in ritardo, ma non ha disturbato nessuno.',
    'Ha chiesto che cosa si può vedere nella città vecchia e come.',
    'Non ho letto il libro perché è molto lungo per una sera.',
  ],
  nl: [
    'De trein was te laat, maar dat vond niemand erg.',
    'Zij vroeg wat er in het oude dorp te zien is.',
    'Ik heb het boek niet gelezen, want het is te lang voor een avond.',
  ],
  sv: [
    'Tåget var sent, men det störde inte någon.',
    'Hon frågade vad som finns att se i den gamla staden och när.',
    'Jag har inte läst boken för att den är lång.',
  ],
  fi: [
    'Juna oli myöhässä, mutta se ei haitannut ketään.',
    'Hän kysyi, että mitä vanhassa kaupungissa on ja kun se aukeaa.',
    'En ole lukenut kirjaa, kun se on niin pitkä.',
  ],
  pl: [
    'Pociąg był spóźniony, ale to nie przeszkadzało nikomu.',
    'Zapytała, co jest do zobaczenia w starym mieście i jak tam dojść.',
    'Nie czytałem tej książki, bo jest bardzo długa dla mnie.',
  ],
  cs: [
    'Vlak měl zpoždění, ale nikomu to nevadilo, když už jel.',
    'Zeptala se, co je k vidění ve starém městě a jak se tam dostane.',
    'Tu knihu jsem nečetl, je to pro mě jako román.',
  ],
  tr: [
    'Tren geç kaldı ama bu kimseyi rahatsız etmedi, çok iyi oldu.',
    'Eski şehirde bir şey var mı diye sordu ve sonra gitti.',
    'Bu kitap benim için çok uzun, daha bitmedi.',
  ],
  ro: [
    'Trenul a întârziat, dar nu a deranjat pe nimeni.',
    'Ea a întrebat ce este de văzut în orașul vechi și pe unde.',
    'Nu am citit cartea pentru că este mai lungă.',
  ],
  hu: [
    'A vonat késett, de ez senkit nem zavart.',
    'Azt kérdezte, hogy mit lehet látni az óvárosban és mikor.',
    'Nem olvastam a könyvet, mert nagyon hosszú volt.',
  ],
  id: [
    'Kereta itu terlambat, dan tidak ada yang marah.',
    'Dia bertanya apa yang bisa dilihat di kota tua ini.',
    'Saya tidak membaca buku itu karena sudah malam.',
  ],
  vi: [
    'Tàu đã đến muộn nhưng không có ai phiền.',
    'Tôi hỏi trong phố cổ có những gì để xem.',
    'Cuốn sách này rất dài và tôi không đọc được.',
  ],
  ru: ['Поезд опоздал, но никому это не помешало.'],
  uk: ['Потяг запізнився, але це нікому не завадило.'],
  el: ['Το τρένο άργησε, αλλά κανείς δεν ενοχλήθηκε.'],
  he: ['הרכבת איחרה אבל זה לא הפריע לאף אחד.'],
  ar: ['تأخر القطار لكن ذلك لم يزعج أحدا.'],
  fa: ['قطار دیر کرد، اما این برای کسی مشکلی پیش نیاورد.'],
  hi: ['ट्रेन देर से आई, लेकिन किसी को परेशानी नहीं हुई।'],
  th: ['รถไฟมาสายแต่ไม่มีใครว่าอะไร'],
  ja: ['電車は遅れましたが、誰も気にしませんでした。'],
  ko: ['기차가 늦었지만 아무도 신경 쓰지 않았다.'],
  zh: ['火车晚点了，但是没有人介意。'],
};

it('tells at least 95 % of sentences, and is wrong about none', () => {
  const all = Object.entries(SENTENCES).flatMap(([language, texts]) =>
    texts.map((text) => ({ language, text })),
  );
  const told = all.map(({ language, text }) => ({ text, language, found: languageOf(text) }));
  expect(told.filter(({ language, found }) => found !== language && found !== UNDETERMINED)).toEqual([]);
  expect(told.filter(({ found }) => found === UNDETERMINED).length / all.length).toBeLessThan(0.05);
});

it.each(['', '12 + 3 = 15', '!!!', 'Xyzzy plugh', 'Ada Lovelace'])(
  'does not guess the language of %p',
  (text) => {
    expect(languageOf(text)).toBe(UNDETERMINED);
  },
);

it('looks at the beginning only', () => {
  const whole = 'the '.repeat(2_000_000);
  const part = whole.slice(0, whole.length / 8);
  const short = cpuMilliseconds(() => languageOf(part));
  expect(cpuMilliseconds(() => languageOf(whole))).toBeLessThan(4 * short + 30);
});
