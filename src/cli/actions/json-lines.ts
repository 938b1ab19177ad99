/** Longest line read, in characters. */
const LONGEST_LINE = 1 << 20;

/** The JSON values of a body that carries one per line. Throws on a line that is no JSON or too long. */
export async function* jsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > LONGEST_LINE) throw new RangeError('a line of the answer is too long');
    for (const line of lines) if (line !== '') yield JSON.parse(line);
  }
  if (rest !== '') yield JSON.parse(rest);
}
