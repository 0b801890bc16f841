import { isStopword, words } from './text-analysis.ts';
import { actionsOf, isBaseVerb } from './thesaurus.ts';

/** What a query asks for, as far as its grammar shows. All words are in lower case, in the query's own forms. */
export interface RequestStructure {
  /** Verb of the request; undefined for a question, and if no verb is known. */
  readonly verb: string | undefined;
  /** Actions that the verb or the question stands for, by the names of the thesaurus; empty: none is known. */
  readonly actions: ReadonlySet<string>;
  /** Words of the verb's direct object, or of what a question asks about. */
  readonly object: ReadonlySet<string>;
  /** All words of the clause with the verb or the question. */
  readonly clause: ReadonlySet<string>;
}

const CLAUSE_END = /[.!?;:,()[\]{}\n]+(?=\s|$)|\s[-–—]\s|[()[\]]/u;

/** Words that end an object: prepositions, conjunctions, relative pronouns, auxiliaries, and words before a name. */
const OBJECT_ENDS = new Set(
  (
    'in on at for to from with by using via through into onto within inside under over about between after before during ' +
    'named called titled labeled labelled that which who whose where when if so because since until while and or but then ' +
    'as including containing based is are was were has have does do'
  ).split(' '),
);

/** Nouns that only say how much is wanted: in `the list of users` the object is behind `of`. */
const AMOUNTS = new Set(
  'list detail details number count amount set all some info information result results status content contents name names'.split(
    ' ',
  ),
);

/** What a question asks to be done, by its first word. */
const QUESTIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['what', ['get']],
  ['whats', ['get']],
  ['which', ['get', 'list']],
  ['who', ['get', 'list']],
  ['whose', ['get']],
  ['where', ['get', 'search']],
  ['when', ['get']],
  ['how', ['get']],
  ['is', ['get', 'check']],
  ['are', ['get', 'list', 'check']],
  ['do', ['get', 'check']],
  ['does', ['get', 'check']],
  ['did', ['get', 'check']],
  ['has', ['get', 'check']],
  ['have', ['get', 'check']],
]);

/** Words with which a request may begin before its verb. */
const COURTESIES = new Set(
  (
    'please can could would will you i we want wants need needs to like d ll m help me us let lets just now also then ' +
    'first next kindly should must hey hi hello ok okay and so the a an try trying go ahead gonna looking have'
  ).split(' '),
);

const ARTICLES = new Set(['the', 'a', 'an', 'my', 'this', 'that', 'these', 'all']);

/** Number of words with meaning at the beginning of a clause among which its verb is looked for. */
const MAX_VERB_PLACE = 6;

/** Reads a query, without the data of its user, as a request or a question. Any text has some structure. */
export function requestOf(text: string): RequestStructure {
  const clauses = text
    .split(CLAUSE_END)
    .map((clause) => words(clause).flatMap(({ parts }) => parts))
    .filter((clause) => clause.length > 0);
  const hasVerb = (clause: readonly string[]) => verbPlace(clause) >= 0;
  const telling = clauses.find(isImperative) ?? clauses.find(isQuestion) ?? clauses.find(hasVerb) ?? clauses[0] ?? [];
  return structureOf(telling);
}

/** What may stand between two requests; a message without it is one request. */
const BOUNDARY = /[.;!?\n]\s|\b(?:and|then|also)\b/i;
/** Boundaries behind which a request may begin; of them `and` and commas also stand between nouns and verbs of one request. */
const BOUNDARIES =
  /((?:[.;!?]+\s+|\s*\n\s*|,?\s+and\s+|,?\s+)(?:then|also|after that|afterwards)[\s,]+|[.;!?]+\s+|\s*\n\s*|,?\s+and\s+|,\s+)/i;
const WEAK_BOUNDARY = /^(?:,?\s+and\s+|,\s+)$/i;
const QUOTED = /"[^"\n]{1,300}"|“[^”\n]{1,300}”|`[^`\n]{1,300}`|(?<![\p{L}\p{N}])'[^'\n]{1,300}'(?![\p{L}\p{N}])/gu;
/** Words behind the verb of a second request that tell it from a list of nouns: `post the link` and no `pull requests`. */
const BEHIND_VERB = new Set(
  'the a an my our your his her their its this that these those it them me us him all each every any to in on at for with'.split(
    ' ',
  ),
);
const ASKING = new Set(['what', 'whats', 'which', 'who', 'where', 'when', 'how']);
const MAX_REQUESTS = 4;

/**
 * Returns the requests of a message that has several, two to four, each with a verb and an object of its own, in the
 * message's own words; empty for any other message. Doubtful parts belong to the request before them.
 */
export function requestsIn(text: string): string[] {
  if (!BOUNDARY.test(text)) return [];
  // Quoted texts are data of the user, however they read.
  const quoted: string[] = [];
  const plain = text.replace(QUOTED, (match) => `\0${quoted.push(match) - 1}\0`);
  const pieces = plain.split(BOUNDARIES);
  const requests: { text: string; isRequest: boolean }[] = [];
  for (let at = 0; at < pieces.length; at += 2) {
    const [boundary = '', piece = ''] = [pieces[at - 1], pieces[at]];
    const isRequest = standsAlone(piece, WEAK_BOUNDARY.test(boundary));
    const last = requests.at(-1);
    if (last && !(isRequest && last.isRequest)) {
      last.text += boundary + piece;
      last.isRequest ||= isRequest;
    } else requests.push({ text: piece, isRequest });
  }
  if (requests.length < 2 || requests.length > MAX_REQUESTS) return [];
  return requests.map((one) => one.text.replace(/\0(\d+)\0/g, (_, at) => quoted[Number(at)] ?? ''));
}

/** True for a part of a message that asks for something of its own. */
function standsAlone(piece: string, isBehindWeak: boolean): boolean {
  const clause = words(piece).flatMap(({ parts }) => parts);
  const first = clause.findIndex((word) => !COURTESIES.has(word));
  const verb = clause[first] ?? '';
  const telling = clause.slice(first + 1).filter((word) => !isStopword(word) && !COURTESIES.has(word));
  // "I want to plan my budget" tells why.
  if (first < 0 || telling.length === 0 || clause[0] === 'i') return false;
  if (ASKING.has(clause[0] ?? '')) return !isBehindWeak;
  if (!isBaseVerb(verb) || isStopword(verb) || ARTICLES.has(clause[first - 1] ?? '')) return false;
  return !isBehindWeak || BEHIND_VERB.has(clause[first + 1] ?? '');
}

function structureOf(clause: readonly string[]): RequestStructure {
  const asked = isImperative(clause) ? undefined : questioned(clause);
  const place = asked ? -1 : verbPlace(clause);
  const verb = clause[place];
  const from = asked ? clause.findIndex((word) => !isStopword(word) && !QUESTIONS.has(word)) : place + 1;
  const actions = asked ?? (verb === undefined ? [] : actionsOf(verb));
  return { verb, actions: new Set(actions), object: objectFrom(clause, from), clause: new Set(clause) };
}

/** True for a clause that begins with a verb, or with courtesies and a verb: `could you please list …`. */
function isImperative(clause: readonly string[]): boolean {
  const first = clause.findIndex((word) => !COURTESIES.has(word));
  if (first < 0 || ARTICLES.has(clause[first - 1] ?? '')) return false;
  return actionsOf(clause[first] ?? '').length > 0;
}

const isQuestion = (clause: readonly string[]) => questioned(clause) !== undefined;

/** Returns what a question asks to be done; undefined for a clause that is no question. */
function questioned([first = '', second = '', third = '']: readonly string[]): readonly string[] | undefined {
  if (first !== 'how' || !/^(?:many|much)$/.test(second)) return QUESTIONS.get(first);
  // "How much would 5 euros be in dollars" asks for a conversion, "how many users are there" for a list.
  return /^(?:would|is|does)$/.test(third) ? ['get', 'calculate', 'convert'] : ['get', 'calculate', 'list'];
}

/** Returns the place of a clause's verb; -1: none. A word behind an article is a noun. */
function verbPlace(clause: readonly string[]): number {
  let telling = 0;
  for (const [at, word] of clause.entries()) {
    if (isStopword(word)) continue;
    if (telling++ >= MAX_VERB_PLACE) return -1;
    if (actionsOf(word).length > 0 && !ARTICLES.has(clause[at - 1] ?? '')) return at;
  }
  return -1;
}

function objectFrom(clause: readonly string[], from: number): Set<string> {
  const object = new Set<string>();
  for (const word of from < 0 ? [] : clause.slice(from)) {
    const isAmount = word === 'of' && [...object].every((each) => AMOUNTS.has(each));
    if (isAmount) object.clear();
    else if (word === 'of') break;
    else if (!OBJECT_ENDS.has(word)) {
      if (!isStopword(word)) object.add(word);
    } else if (object.size > 0) break;
  }
  return object;
}
