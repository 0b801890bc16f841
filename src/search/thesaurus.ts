import { stem } from './text-analysis.ts';

/**
 * Groups of words with one meaning in the vocabulary of tools; hand-made, general, in the base form. A word may be in
 * several groups. The first word of a verb group names the action. Without the table `main` loses 1.0 point of Recall@1
 * and 0.5 of MRR.
 */
const VERBS: readonly string[] = [
  'get fetch retrieve read show view display obtain open load see give tell return access inspect describe',
  'list enumerate browse index all show',
  'search find query lookup locate discover explore seek filter browse',
  'create add new make insert register generate build start open draft compose issue set define establish',
  'delete remove drop erase destroy clear purge discard trash detach unlink clean',
  'update edit modify change alter set patch adjust revise rename replace correct amend',
  'send post publish share submit deliver forward email message notify tweet dispatch',
  'run execute invoke launch start trigger perform call',
  'stop cancel terminate kill abort halt end shutdown pause',
  'restart reboot reset reload',
  'download export save fetch pull',
  'upload import attach push',
  'convert transform translate change parse format encode decode',
  'calculate compute evaluate estimate determine solve count measure',
  'move transfer relocate migrate shift',
  'copy duplicate clone replicate fork',
  'schedule book reserve plan arrange',
  'check verify validate test ensure confirm inspect audit diagnose',
  'monitor track watch follow observe',
  'analyze examine inspect investigate assess review evaluate',
  'enable activate allow turn on grant',
  'disable deactivate turn off block deny revoke',
  'compare diff difference contrast versus',
  'merge combine join concatenate union',
  'split divide partition separate',
  'summarize summary overview digest outline',
  'recommend suggest advise propose recommendation suggestion',
  'predict forecast project prognosis prediction',
  'generate create produce render draw paint',
  'assign allocate give delegate',
  'approve accept confirm',
  'reject decline deny refuse',
  'close resolve complete finish done end',
  'buy purchase order acquire',
  'sell trade',
  'pay charge bill payment',
  'join enter subscribe enroll signup',
  'leave exit unsubscribe quit',
  'connect link attach bind associate',
  'extract parse scrape crawl pull',
  'sort rank order top best',
  'lock freeze archive',
  'play listen stream watch',
  'invite add',
  'reply respond answer comment',
  'deploy release publish rollout ship',
  'install setup add',
  'navigate go visit open browse',
  'click press tap',
  'type enter input fill write',
  'write save store put append create',
];

const NOUNS: readonly string[] = [
  'issue ticket bug incident problem',
  'repository repo project codebase',
  'pr pull merge',
  'document doc page article note',
  'file document attachment',
  'directory folder path',
  'email mail message inbox',
  'message chat sms text conversation dm',
  'user person people member account profile who contributor author owner',
  'customer client contact buyer guest',
  'organization org company team business firm',
  'team group squad department',
  'picture image photo screenshot icon',
  'video clip movie film footage',
  'song track music audio tune',
  'audio speech voice sound',
  'database db sql',
  'table sheet collection dataset',
  'column field attribute property',
  'row record entry item',
  'price cost quote rate fee pricing',
  'stock share ticker equity symbol',
  'cryptocurrency crypto coin token bitcoin',
  'currency money exchange forex',
  'event meeting appointment calendar',
  'calendar schedule agenda availability',
  'task todo job assignment item',
  'comment reply note feedback remark',
  'config configuration setting preference option parameter',
  'environment env stage',
  'variable var',
  'kubernetes k8s cluster',
  'vm virtual machine instance server host',
  'authentication auth login signin identity',
  'information info detail data about',
  'statistics stats metric analytics insight kpi usage',
  'location place address where position coordinates area',
  'date time when day timestamp',
  'route direction navigation path',
  'distance far length',
  'job career position vacancy employment',
  'employee staff worker personnel',
  'invoice bill receipt',
  'payment transaction charge',
  'order purchase',
  'product item goods merchandise',
  'category tag label topic type',
  'link url website site web webpage page',
  'article post blog story news',
  'news headline article',
  'restaurant dining food cafe',
  'hotel accommodation lodging room stay',
  'flight plane airline airfare',
  'trip travel journey itinerary vacation',
  'chart graph plot diagram visualization',
  'spreadsheet sheet excel workbook',
  'presentation slide deck powerpoint',
  'log trace journal record',
  'error exception failure fault crash',
  'secret credential password key',
  'permission role access privilege acl right',
  'certificate cert ssl tls',
  'balance fund amount',
  'wallet account address',
  'definition meaning explanation',
  'history past previous historical changelog log',
  'version release revision',
  'status state health progress condition',
  'count number total many much amount',
  'list collection set array',
  'reminder notification alert alarm',
  'notification alert',
  'weather forecast temperature climate',
  'recipe dish meal food',
  'book novel publication',
  'paper article research publication study',
  'review rating feedback',
  'score grade rating',
  'game match fixture',
  'player athlete',
  'word term phrase keyword',
  'language locale',
  'code source program script snippet',
  'function method procedure',
  'branch ref',
  'commit change revision',
  'workflow pipeline build automation',
  'pipeline ci build',
  'test check',
  'container docker pod',
  'disk storage volume drive',
  'memory ram',
  'cpu processor',
  'network connection',
  'ip address host',
  'domain dns hostname',
  'phone telephone mobile number call',
  'device machine equipment hardware',
  'sensor reading measurement',
  'discount coupon promotion offer deal',
  'campaign ad advertisement marketing',
  'lead prospect opportunity deal',
  'milestone deadline goal target',
  'sprint iteration cycle',
  'board kanban',
  'department division unit',
  'country nation region',
  'city town',
  'drug medication medicine',
  'doctor physician',
  'patient person',
  'disease illness condition',
  'law legal regulation statute',
  'contract agreement',
  'report summary analysis statement',
  'template blueprint boilerplate',
  'schema structure definition model',
  'model llm ai',
  'embedding vector semantic',
  'question query answer',
  'idea suggestion concept',
  'latest recent newest current new last',
  'now current today live realtime',
  'mine my me own self myself',
  'similar related like nearest',
  'duplicate repeated redundant same',
  'missing absent broken dead',
  'archive trash bin',
  'directory catalog registry',
  'quota limit usage',
  'bucket storage blob',
  'queue topic subscription',
  'subscribe subscription unsubscribe',
  'region zone location',
  'family relative parent child',
  'loan mortgage credit debt',
  'tax vat',
  'salary wage income pay',
  'interest rate yield apr',
  'area surface',
  'speed velocity',
  'weight mass',
  'energy power electricity',
  'probability odds chance likelihood',
  'average mean',
];

/** The groups above by the stem of a word; built at the first call, since a start has no time for it. */
let thesaurus: ReturnType<typeof built> | undefined;

/** Returns the synonyms of a word in any of its forms. */
export function synonymsOf(word: string): readonly string[] {
  thesaurus ??= built();
  return thesaurus.synonyms.get(stem(word)) ?? [];
}

const NO_ACTIONS: readonly string[] = [];

/** Returns the actions of a verb in any of its forms, one for each of its groups; none for other words. */
export function actionsOf(word: string): readonly string[] {
  thesaurus ??= built();
  return thesaurus.actions.get(stem(word)) ?? NO_ACTIONS;
}

/** True for a verb in its base form, as in a command: not for `comments`. */
export function isBaseVerb(word: string): boolean {
  thesaurus ??= built();
  return thesaurus.verbs.has(word);
}

function built() {
  const verbs = VERBS.map((line) => line.split(' '));
  return {
    verbs: new Set(verbs.flat()),
    synonyms: synonyms([...verbs, ...NOUNS.map((line) => line.split(' '))]),
    actions: actions(verbs),
  };
}

function synonyms(groups: readonly (readonly string[])[]): Map<string, readonly string[]> {
  const all = new Map<string, Set<string>>();
  for (const group of groups) {
    for (const word of group) {
      const base = stem(word);
      const others = all.get(base) ?? new Set();
      for (const other of group) if (other !== word) others.add(other);
      all.set(base, others);
    }
  }
  return new Map(Array.from(all, ([base, others]) => [base, [...others]]));
}

function actions(groups: readonly (readonly string[])[]): Map<string, readonly string[]> {
  const all = new Map<string, Set<string>>();
  for (const group of groups) {
    for (const word of group) all.set(stem(word), (all.get(stem(word)) ?? new Set()).add(group[0] ?? word));
  }
  return new Map(Array.from(all, ([base, found]) => [base, [...found]]));
}

/** Actions that change nothing. */
const READING = new Set(
  'get list search download calculate check monitor analyze compare summarize recommend predict'.split(' '),
);

/**
 * Returns the words that may say what a tool does: verbs stand first or last in a name (`list_users`, `user_list`), and
 * first in a description.
 */
export function toolVerbs<Word>(name: readonly Word[], summary: readonly Word[]): Word[] {
  return [name[0], name.at(-1), summary[0]].filter((word) => word !== undefined);
}

export function isReading(action: string): boolean {
  return READING.has(action);
}
