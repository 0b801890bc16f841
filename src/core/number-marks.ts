/**
 * Numbers of JSON texts as strings that say so, for the way through `JSON.parse` and `JSON.stringify`, ours and the SDK's. The
 * mark is another one in each process, so that no text holds it by chance.
 */
const MARK = `${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${MARK}([-+.\\deE]+)"`, 'g');

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** How a number is written, as a marked string. */
export function markOf(number: string): string {
  return MARK + number;
}

export function isMark(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(MARK);
}

export function numberIn(mark: string): string {
  return mark.slice(MARK.length);
}

/** A JSON text with each marked string as the number that it stands for. */
export function unmarked(json: string): string {
  return json.includes(MARK) ? json.replaceAll(MARKED, '$1') : json;
}

/** A JSON text with each number that `JSON.stringify` would write otherwise as a marked string; the same text if it has none. */
export function markNumbers(json: string): string {
  let marked = '';
  let done = 0;
  for (let at = 0; at < json.length; ) {
    const char = json[at] as string;
    if (char === '"') at = endOfString(json, at);
    else if (!isNumeric(char)) at++;
    else {
      const end = endOfNumber(json, at);
      const number = json.slice(at, end);
      if (isChanged(number) && !isKey(json, end)) {
        marked += `${json.slice(done, at)}"${markOf(number)}"`;
        done = end;
      }
      at = end;
    }
  }
  return done === 0 ? json : marked + json.slice(done);
}

function isChanged(number: string): boolean {
  return String(Number(number)) !== number && NUMBER.test(number);
}

/** A number is no key: such a text is no JSON, and must not become any. */
function isKey(json: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(json[at] ?? '.')) at++;
  return json[at] === ':';
}

function isNumeric(char: string | undefined): boolean {
  return char !== undefined && ((char >= '0' && char <= '9') || char === '-');
}

function endOfNumber(json: string, start: number): number {
  let end = start + 1;
  while ('0123456789.eE+-'.includes(json[end] ?? ' ')) end++;
  return end;
}

/** Where a string ends. Long ones are passed at the speed of memory, not character by character. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let at = end;
    while (json[at - 1] === '\\') at--;
    if ((end - at) % 2 === 0) return end + 1;
  }
  return json.length;
}
