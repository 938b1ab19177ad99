// The protocol of a side: one line of JSON for every line of words.
import { createInterface } from 'node:readline';

/** Says that it is ready, then answers lines until the input ends; ends the process. */
export async function obey(vocabulary, commands) {
  console.log(JSON.stringify({ ready: true, vocabulary }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [name, ...words] = line.split(' ');
    const command = commands[name];
    const answer = command === undefined ? { error: 'unknown command' } : await command(...words.map(Number));
    console.log(JSON.stringify(answer));
  }
  process.exit(0);
}
