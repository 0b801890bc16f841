import { suggestion } from '../../config/diagnostic.ts';
import { nearest } from '../../core/nearest.ts';
import { type Command, OPTIONS } from './command.ts';

type Commands = Readonly<Record<string, Command>>;

/** Names that other programs give to commands of ours. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ls: 'list',
  servers: 'list',
  tools: 'list',
  find: 'search',
  show: 'describe',
  info: 'describe',
  run: 'call',
  exec: 'call',
  invoke: 'call',
  rm: 'remove',
  delete: 'remove',
  uninstall: 'install <client> --undo',
  serve: 'start',
  check: 'doctor',
  tail: 'logs',
  log: 'logs',
  version: '--version',
};

/** The message for an unknown command, with the nearest known one. */
export function unknownCommand(name: string, commands: Commands): string {
  const listed = Object.entries(commands).flatMap(([each, { hidden }]) => (hidden ? [] : [each]));
  const meant = Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : nearest(name, [...listed, 'help']);
  const file = `a configuration file of that name is written ./${name}`;
  return `there is no command ${JSON.stringify(name)}${suggestion(meant)} (${file})`;
}

/** The message for a command line that `parseArgs` refuses, with the nearest known option. */
export function refusedOption(cause: string, argv: readonly string[], own: readonly string[]): string {
  const [, written] = /^Unknown option '(-[^']*)'/.exec(cause) ?? [];
  if (written === undefined) return wrongValue(cause, argv);
  const whole = argv.find((word) => word.startsWith(written) && /^-\w/.test(word)) ?? written;
  const name = whole.replace(/^-+/, '').replace(/=.*$/s, '');
  const meant = nearest(name, own) ?? nearest(name, Object.keys(OPTIONS));
  return `there is no option ${JSON.stringify(whole.replace(/=.*$/s, ''))}${suggestion(meant && `--${meant}`)}`;
}

/** The message for a known option whose value is missing or superfluous. */
function wrongValue(cause: string, argv: readonly string[]): string {
  const [, written, problem] = /^Option '(?:-\w, )?(--?[\w-]+)(?: <value>)?' (.*)/s.exec(cause) ?? [];
  // Node goes on to explain how such a word could be no option.
  if (written === undefined || problem === undefined) return cause.split(/\. |\n/)[0] ?? cause;
  const [long, option] =
    Object.entries(OPTIONS).find(([each, option]) => [`--${each}`, shortOf(option)].includes(written)) ?? [];
  const name = long === undefined ? written : `--${long}`;
  if (problem.startsWith('does not take')) return `${name} takes no value`;
  const next = argv.find(
    (word, index) => word.startsWith('-') && [name, option && shortOf(option)].includes(argv[index - 1] ?? ''),
  );
  return next === undefined
    ? `${name} wants a value`
    : `${name} wants a value; if it is ${JSON.stringify(next)}, write ${name}=${next}`;
}

function shortOf(option: (typeof OPTIONS)[keyof typeof OPTIONS]): string {
  return 'short' in option ? `-${option.short}` : '';
}

/** The first word of a command line that is no option: its command, also where options are wrong. */
export function firstWord(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith('-'));
}
