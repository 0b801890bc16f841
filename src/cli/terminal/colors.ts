import type { Terminal } from './terminal.ts';

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Texts in colour, or as they are. */
export type Colors = Readonly<Record<keyof typeof CODES, (text: string) => string>>;

/** Colours for what is written there: on a terminal only, unless `FORCE_COLOR` is set; never with `NO_COLOR`. */
export function colorsFor(
  { env, isTty, isErrorTty }: Pick<Terminal, 'env' | 'isTty' | 'isErrorTty'>,
  stream: 'output' | 'error' = 'output',
): Colors {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const isForced = FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0';
  const isSeen = (stream === 'output' ? isTty : isErrorTty) === true && TERM !== 'dumb' && FORCE_COLOR !== '0';
  const isOn = !NO_COLOR && (isForced || isSeen);
  const colours = Object.entries(CODES).map(([name, code]) => [
    name,
    (text: string) => (isOn && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text),
  ]);
  return Object.fromEntries(colours) as Colors;
}
