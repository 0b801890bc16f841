import { words } from './text-analysis.ts';

/** Most names that are read, most characters and words of one; longer names are sentences rather than names. */
const MAX_NAMES = 1_000;
const MAX_NAME_CHARS = 100;
const MAX_NAME_WORDS = 10;
const MAX_WORD_CHARS = 24;
/** Most topics of a server: as many as a phrase has room for. */
const MAX_TOPICS = 8;
/** Least share of a noun's uses in which the same word stands before it, for the two to count as one: pull request. */
const MIN_PAIR_SHARE = 0.6;
/** Least share of the names, and least number of them, that begin with a word for it to be a prefix. */
const MIN_PREFIX_SHARE = 0.8;
const MIN_PREFIX_NAMES = 3;
/** Shorter prefixes are abbreviations that tell nobody anything. */
const MIN_PREFIX_CHARS = 4;
/** Least number of different words after a noun, for it to be a topic though no name ends with it. */
const MIN_FOLLOWERS = 3;

/** Verbs of names of tools. A word that is more often a noun stands in `ALSO_NOUNS`. */
const VERBS = new Set(
  (
    'abort accept access acknowledge activate add adjust advise allocate allow amend analyze analyse append apply approve ' +
    'arrange ask assess assign associate attach authenticate authorize autocomplete bind browse build buy calculate cancel ' +
    'capture cast check choose clean clear click clone close collapse collect combine compare compile complete compose ' +
    'compute concatenate configure confirm connect convert correct count crawl create deactivate decline decode decrypt ' +
    'delegate delete deliver deny deploy describe deselect destroy detach detect determine diagnose disable disconnect ' +
    'discover dismiss dispatch display divide do download drag draw drop duplicate edit emit enable encode encrypt end ' +
    'enqueue ensure enter enumerate erase establish estimate evaluate examine execute exit expand explain explore export ' +
    'extract fetch fill filter find finish flip follow forget format forward generate get give go grant grep handle has ' +
    'hide hover identify import improve increment index init initialize insert inspect install invalidate investigate ' +
    'invite invoke is join keep kill launch leave list load locate lock login logout lookup make manage mark match ' +
    'measure merge migrate modify monitor move mute navigate normalize notify obtain open optimize overwrite parse patch ' +
    'pause pay perform pick ping poll predict prepare press preview process promote propose provide provision publish ' +
    'purchase purge push put query read reboot recall receive recommend reconnect redeem refresh refund register reject ' +
    'reload relocate remember remove rename render renew reopen reorder replace reply replicate reproduce reserve reset ' +
    'resize resolve respond restart restore resume retrieve retry return revert revise revoke rewrite roll rotate run ' +
    'save scale scan scrape scroll search seek select sell send set setup share shift show shutdown sign simulate skip ' +
    'solve sort split start stop store submit subscribe subtract suggest summarize suspend switch take tap tell ' +
    'terminate toggle transcribe transform translate trigger trim try turn type unarchive unassign unblock undo unfollow ' +
    'uninstall unlink unlock unpin unpublish unsubscribe update upgrade upload upsert use validate verify view visit ' +
    'wait wake watch withdraw write zip zoom'
  ).split(' '),
);

/** Verbs that are nouns too: they count as verbs only at the beginning of a name, or at its end: `web_lookup`. */
const ALSO_NOUNS = new Set(
  (
    'alert answer archive audit backup ban bill block book bookmark borrow branch bridge call change charge chart chat comment ' +
    'commit contact copy cut debug deposit design dial draft email estimate fax fork forecast group guess invoice label ' +
    'lend like link log mail map mention merge message mint note order outline pin plan play plot post print program ' +
    'project quote rank rate record release repair report request review route sample schedule score screenshot sample ' +
    'ship sketch snapshot star sum survey swap sync tag test text trace track trade train transfer vote'
  ).split(' '),
);

/** Words that say nothing of what a server is about. */
const GENERIC = new Set(
  (
    'a about across after all am an and any are around as at available back based basic be before best between both bulk ' +
    'batch by can complex current currently custom data debug default detail detailed details different direct down ' +
    'during each empty entire every everything existing explicit extended extra false few first for from full general ' +
    'generic given global hello high how i id identifier ids if in info information input inputs into it its json just ' +
    'kind last latest left long low many mcp me method more most multi multiple my name names near new next no not now ' +
    'null number object objects of off old on one only or other our out output outputs over overall own param parameter ' +
    'parameters params per plus prev previous quick random raw recent related remaining response result results right ' +
    'same self short similar simple single smart some specific state status sync than that the their this through ' +
    'to tool tools top total true two type types under until up using uuid v value values vs was what when where ' +
    'which who why with within without you your api apis rest server async item items list lists option options'
  ).split(' '),
);

/** Nouns of things that nobody counts; they stay as written. */
const UNCOUNTED = new Set(
  (
    'access advice analytics audio authentication billing cash code content data documentation equipment feedback ' +
    'hardware health help history information infrastructure inventory knowledge mail media memory metadata money music ' +
    'news research security software staff storage support text time traffic usage weather'
  ).split(' '),
);

/** Verbs whose objects can be counted: one creates, adds or deletes one of several. */
const COUNTING = new Set('add close create delete duplicate edit insert invite list register remove rename'.split(' '));

/** What the name of a tool says: runs of nouns, the last of each the head: `[['review', 'comment']]`. */
interface Said {
  readonly verb: string;
  readonly runs: readonly (readonly string[])[];
}

/** A noun of a server's tools, in the singular. */
interface Noun {
  readonly word: string;
  /** Number of runs that end with it, and of those that have it before their end. */
  ends: number;
  mentions: number;
  /** Number of runs in which each word stands before it; empty: none does. */
  readonly before: Map<string, number>;
  /** Words that follow it. */
  readonly after: Set<string>;
  /** True if it is written in the plural, or is the object of a verb whose objects can be counted. */
  counted: boolean;
}

/**
 * Returns what the tools of a server are about, in nouns of their names, those of most tools first: `boards`, `sticky
 * notes`. At most eight, without verbs and words that any server may have, and without the server's own name. Only
 * names are read, and none that hides characters or is as long as a sentence: no server can give orders by them.
 */
export function topicsOf(server: string, names: readonly string[]): readonly string[] {
  const own = wordsOf(server);
  const ownNouns = new Set(own.map(singular));
  const isOwn = (word: string) => ownNouns.has(singular(word));
  const all = names.slice(0, MAX_NAMES).map(wordsOf).filter(isName);
  const { prefixes, rest } = withoutPrefixes(all);
  const joined = new Set([...own, own.join('')]);
  const nouns = nounsOf(rest.map((words) => saidBy(withoutJoined(words, joined), isOwn)));
  const telling = prefixes.filter((word) => word.length >= MIN_PREFIX_CHARS && isNoun(word) && !isOwn(word));
  return [...new Set([...telling, ...topics(nouns)])].slice(0, MAX_TOPICS);
}

/** Returns a tool's name as it is read aloud: `getIssue_comments` → get issue comments. */
export function spoken(name: string): string {
  return wordsOf(name).join(' ');
}

const isName = (words: readonly string[]) => words.length > 0 && words.length <= MAX_NAME_WORDS;

/** Splits a name into words in lower case; none for a name that is too long or hides characters. */
function wordsOf(name: string): string[] {
  if (name.length > MAX_NAME_CHARS) return [];
  const isPlain = /^[ -~]*$/.test(name);
  if (!isPlain && /[\p{C}\p{Default_Ignorable_Code_Point}]/u.test(name)) return [];
  // A search splits scripts without spaces into pairs of characters; here they stay as written.
  if (isPlain) return words(name).flatMap(({ parts }) => parts);
  return name
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter(Boolean);
}

/** Takes the words off with which most names begin, such as the name of the product. */
function withoutPrefixes(names: readonly string[][]): { prefixes: string[]; rest: readonly string[][] } {
  const prefixes: string[] = [];
  let rest = names;
  for (let prefix = prefixOf(rest); prefix !== undefined; prefix = prefixOf(rest)) {
    const common = prefix;
    prefixes.push(common);
    rest = rest.map((words) => (words[0] === common && words.length > 1 ? words.slice(1) : words));
  }
  return { prefixes, rest };
}

function prefixOf(names: readonly string[][]): string | undefined {
  const counts = new Map<string, number>();
  for (const [first = '', ...others] of names) if (others.length > 0) add(counts, first);
  const [common, count] = commonest(counts);
  const isShared = count >= MIN_PREFIX_NAMES && count >= MIN_PREFIX_SHARE * names.length;
  return isShared && !VERBS.has(common) ? common : undefined;
}

/** Blanks neighbours that are one word in the server's name: `google_calendar` of a server `googlecalendar`. */
function withoutJoined(words: readonly string[], joined: ReadonlySet<string>): readonly string[] {
  const at = words.findIndex((word, index) => joined.has(word + (words[index + 1] ?? '')));
  return at < 0 ? words : words.with(at, '').toSpliced(at + 1, 1);
}

/** Tells a name's verb, at its beginning or its end, from its nouns. */
function saidBy(words: readonly string[], isOwn: (word: string) => boolean): Said {
  const rest = words.map((word) => (isOwn(word) ? '' : word));
  const first = rest.findIndex((word) => word !== '');
  const last = rest.length - 1;
  const ends = first < last ? [first, last] : [];
  const at = VERBS.has(rest[first] ?? '')
    ? first
    : (ends.find((end) => VERBS.has(rest[end] ?? '')) ?? ends.find((end) => ALSO_NOUNS.has(rest[end] ?? '')) ?? -1);
  const verb = rest[at] ?? '';
  if (at >= 0) rest[at] = '';
  return { verb, runs: runsOf(rest) };
}

function runsOf(words: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  for (const word of words) {
    if (isNoun(word)) runs.at(-1)?.push(word);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function isNoun(word: string): boolean {
  if (/^[a-z0-9]?$|^\d/.test(word) || word.length > MAX_WORD_CHARS) return false;
  return !VERBS.has(word) && !GENERIC.has(word);
}

function nounsOf(names: readonly Said[]): Noun[] {
  const nouns = new Map<string, Noun>();
  for (const { verb, runs } of names) {
    for (const run of runs) {
      const words = run.map(singular);
      for (const [at, word] of words.entries()) {
        const fresh = { word, ends: 0, mentions: 0, before: new Map(), after: new Set<string>(), counted: false };
        const noun = nouns.get(word) ?? fresh;
        nouns.set(word, noun);
        const next = words[at + 1];
        if (run[at] !== word || (next === undefined && COUNTING.has(verb))) noun.counted = true;
        if (next !== undefined) {
          noun.mentions++;
          noun.after.add(next);
        } else {
          noun.ends++;
          add(noun.before, run[at - 1] ?? '');
        }
      }
    }
  }
  return [...nouns.values()];
}

/** Returns the nouns as they are told, the most frequent first, each word of them once. */
function topics(nouns: readonly Noun[]): string[] {
  const worth = ({ ends, mentions }: Noun) => ends + mentions / 2;
  const heads = nouns.filter((noun) => (noun.ends > 0 && !isAdjective(noun)) || noun.after.size >= MIN_FOLLOWERS);
  const told: string[] = [];
  const seen = new Set<string>();
  for (const noun of heads.toSorted((a, b) => worth(b) - worth(a))) {
    const qualifier = qualifierOf(noun);
    if (seen.has(singular(qualifier))) continue;
    seen.add(noun.word);
    told.push(`${qualifier && `${qualifier} `}${noun.counted ? plural(noun.word) : noun.word}`);
  }
  return told;
}

/** Participles such as `archived`, whose noun was left out. */
const isAdjective = ({ word }: Noun) => /[^e]ed$/.test(word) && word.length > 5;

/** Returns the word that mostly stands before a noun; empty: none does. */
function qualifierOf({ word, ends, before }: Noun): string {
  const [common, count] = commonest(before);
  return ends > 0 && singular(common) !== word && count >= MIN_PAIR_SHARE * ends ? common : '';
}

function add(counts: Map<string, number>, word: string): void {
  counts.set(word, (counts.get(word) ?? 0) + 1);
}

function commonest(counts: ReadonlyMap<string, number>): [word: string, count: number] {
  let best: [string, number] = ['', 0];
  for (const each of counts) if (each[1] > best[1]) best = each;
  return best;
}

function singular(word: string): string {
  if (word.length <= 3 || !/^[a-z]+s$/.test(word) || /(?:ss|us|is|ics|news|series)$/.test(word)) return word;
  if (/[^aeiou]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  return /(?:ch|sh|ss|x|zz)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

function plural(word: string): string {
  if (UNCOUNTED.has(word) || !/^[a-z]*[aeiou][a-z]*[a-rt-z]$/.test(word)) return word;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:ch|sh|x|z)$/.test(word) ? `${word}es` : `${word}s`;
}
