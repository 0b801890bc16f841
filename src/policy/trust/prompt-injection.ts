import { excerptOf, type Suspicion } from './hidden-text.ts';

/** Rules whose cue words a text contains. */
export interface CuedRules {
  readonly rules: readonly Rule[];
  readonly hasMarkup: boolean;
}

/**
 * Rules that can match in a text or in parts of it; undefined for most texts. Much cheaper than the patterns of the
 * rules.
 */
export function findCuedRules(text: string): CuedRules | undefined {
  const plain = asModelReads(text);
  const line = plain.toLowerCase();
  const rules = RULES.filter(({ cues }) => cues.every((group) => group.some((cue) => line.includes(cue))));
  const hasMarkup = MARKUP_CUE.test(plain);
  return rules.length > 0 || hasMarkup ? { rules, hasMarkup } : undefined;
}

/**
 * Suspicions that a text gives a model orders that do not belong into a description of a tool, one of each kind.
 * English only.
 */
export function instructionsIn(text: string, { rules, hasMarkup }: CuedRules): readonly Suspicion[] {
  const plain = asModelReads(text);
  const line = plain.replace(/\s+/g, ' ').toLowerCase();
  const found = new Map<string, string>();
  for (const { what, patterns } of rules) {
    const piece = found.has(what) ? undefined : first(patterns(), line);
    if (piece !== undefined) found.set(what, piece);
  }
  const markup = hasMarkup ? first(MARKUP, plain) : undefined;
  if (markup !== undefined) found.set('speaks to the model in markup of prompts', markup);
  return [...found].map(([what, piece]) => ({ what, excerpt: excerptOf(piece) }));
}

function first(patterns: readonly RegExp[], text: string): string | undefined {
  for (const each of patterns) {
    const found = each.exec(text);
    if (found) return found[0];
  }
  return undefined;
}

const NON_ASCII = /[\u0080-\uffff]/;

/** The text as a model reads it: wide letters become plain ones, and invisible characters are removed. */
function asModelReads(text: string): string {
  if (!NON_ASCII.test(text)) return text;
  return text.normalize('NFKC').replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}

/** A kind of order that no description of a tool has reason to give. */
interface Rule {
  /** A phrase with a verb, for the warning. */
  readonly what: string;
  /** Groups of words in lower case. A text that lacks all words of one group is not matched against the patterns. */
  readonly cues: readonly (readonly string[])[];
  /**
   * Patterns for a text in lower case, on one line, without invisible characters. Compiled at first use, because that
   * takes its time.
   */
  readonly patterns: () => readonly RegExp[];
}

/**
 * Pattern of up to `n` words of a sentence. Its repetitions are bounded and unambiguous, because the texts come from
 * servers and could otherwise cause backtracking.
 */
const words = (n: number) => String.raw`(?:[\w'’~/.@-]{1,60}[ ,*"\x60:]{1,4}){0,${n}}`;
const pattern = (...parts: readonly string[]) => new RegExp(parts.join(''), 'u');

function rule(what: string, cues: Rule['cues'], make: () => readonly RegExp[]): Rule {
  let made: readonly RegExp[] | undefined;
  const patterns = () => {
    made ??= make();
    return made;
  };
  return { what, cues, patterns };
}

const PERSON = String.raw`(?:the|your|any) (?:end[- ])?(?:user|human|person|operator)s?\b(?!['’]|[- ]?(?:interface|agent|id|data))`;
const PEOPLE = ['user', 'human', 'person', 'operator'];
const GIVE =
  '(?:pass|send|include|provide|append|attach|put|add|insert|paste|forward|upload|submit|supply|copy|report|give|hand)';
/** Private files that no tool has reason to ask for in passing. */
const OWN_FILES = String.raw`(?:\.ssh\b|\bid_(?:rsa|ed25519|ecdsa)\b|\.aws/|/etc/(?:passwd|shadow)\b|\bmcp\.json\b|claude_desktop_config|\.netrc\b|\.kube/config|\.npmrc\b|\.pypirc\b|\.git-credentials|bash_history)`;
const OWN_FILE_CUES =
  '.ssh id_rsa id_ed25519 id_ecdsa .aws /etc/ mcp.json desktop_config .netrc .kube .npmrc .pypirc .git-c bash_history'.split(
    ' ',
  );
const ENV_FILE = String.raw`(?<![\w*])\.env\b`;
const SECRET_FILES = String.raw`(?:${OWN_FILES}|${ENV_FILE}|\bprivate keys?\b|\bcredentials? files?\b|\bcredentials\.json\b)`;

const ASIDE = 'tells the model to set other instructions aside';
const SECRECY = 'tells the model to keep something from the user';
const FILES = 'asks for private files';
const ORDERS = 'gives orders about other tools';
const CONVERSATION = 'asks for the conversation or the prompt';
const ROLE = 'gives the model another role or mode';
const PROGRAM = 'has a program fetched and run';

const RULES: readonly Rule[] = [
  rule(
    ASIDE,
    [
      ['ignor', 'disregard', 'forget', 'overrid', 'bypass', 'supersede'],
      'instruction prompt directi guideline guardrail rules commands restriction'.split(' '),
    ],
    () => [
      pattern(
        String.raw`\b(?:ignor(?:e|ing)|disregard(?:ing)?|forget|bypass|overrid(?:e|es|ing)|supersedes?)\b[ ,]`,
        words(4),
        '(?:previous|prior|above|earlier|preceding|other|safety|original|initial|your)(?: |, )',
        words(3),
        String.raw`(?:instructions?|prompts?|directives?|directions|guidelines|guardrails|rules|commands)\b`,
      ),
      pattern(
        String.raw`\b(?:ignore|disregard|forget|bypass)\b[ ,]`,
        words(4),
        String.raw`(?:instructions|directives|guidelines|guardrails|restrictions|prompts?)\b[ ,]`,
        words(6),
        String.raw`(?:you (?:were|have|had|got|received)|(?:to|on|for) you|system prompt)\b`,
      ),
    ],
  ),
  rule(
    SECRECY,
    [
      PEOPLE,
      ['not ', "n't ", 'n’t ', 'never ', 'no need', 'without'],
      ['tell', 'inform ', 'informing', 'mention', 'reveal', 'disclos', 'let ', 'letting', 'warn'],
    ],
    () => [
      pattern(
        String.raw`\b(?:do not|don['’]t|never|must not|should not|no need to|without(?: ever)?) `,
        words(2),
        String.raw`(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|reveal(?:ing)?|disclos(?:e|ing)|let(?:ting)?|warn(?:ing)?)\b[ ,]`,
        words(7),
        PERSON,
      ),
    ],
  ),
  rule(SECRECY, [PEOPLE, [' not ', ' never '], ['know', 'notice', 'learn', 'told', 'aware', 'inform', 'find']], () => [
    pattern(
      PERSON,
      ' (?:must|should|may|shall) (?:not|never) ',
      words(2),
      String.raw`(?:know|notice|learn|told|aware|informed|find out)\b`,
    ),
  ]),
  rule(SECRECY, [PEOPLE, ['keep', 'hide', 'hiding', 'conceal', 'withhold'], ['from ']], () => [
    pattern(
      String.raw`\b(?:keep|hide|conceal|withhold)(?:ing)? (?:this|it|that|these|them|everything)\b[ ,]`,
      words(4),
      'from ',
      PERSON,
    ),
  ]),
  rule(SECRECY, [['silently', 'secretly', 'quietly', 'covertly', 'discreetly']], () => [
    pattern(
      String.raw`\b(?:silently|secretly|quietly|covertly|discreetly),? `,
      words(1),
      String.raw`(?:send|forward|copy|upload|read|call|invoke|attach|include|export|execute|transmit|post)\b`,
    ),
  ]),
  rule(FILES, [[...OWN_FILE_CUES, '.env', 'private key', 'credential']], () => [
    pattern(
      String.raw`\b(?:contents?|text|lines|value|body|copy) (?:of|from|in) `,
      words(5),
      String.raw`\S{0,40}`,
      OWN_FILES,
    ),
    pattern(
      String.raw`\b(?:read|open|load|cat|fetch|access|grab|collect|find|look for)\b `,
      words(6),
      String.raw`\S{0,40}`,
      SECRET_FILES,
      String.raw`.{0,160}\b${GIVE}\b`,
    ),
    pattern(
      String.raw`\b${GIVE}\b `,
      words(5),
      String.raw`\S{0,40}(?:${OWN_FILES}|${ENV_FILE})(?!(?: file)?(?: path|name))`,
      String.raw`.{0,60}\b(?:arguments?|parameters?|fields?|context|here|along|request|call)\b`,
    ),
  ]),
  rule(
    ORDERS,
    [
      ['before ', 'prior to '],
      ['tool', 'function'],
    ],
    () => [
      // Many servers say "Call this before using any other tool" of themselves. Only that order passes.
      pattern(
        String.raw`(?:^|[.!?:;>*(\]] ?)(?:important:? |always,? )?(?:before|prior to) (?:using|calling|invoking|running|executing) (?:any|another|all|every|each)(?: of the)?(?: other)? (?:tools?|functions?)\b`,
        String.raw`[^.!?,]{0,60},(?! (?:you (?:must|should) )?(?:please )?(?:always |first )?(?:call|use|run|invoke) this\b)`,
      ),
    ],
  ),
  rule(ORDERS, [['other server', 'other mcp']], () => [
    pattern(
      String.raw`\btools? (?:of|from|on) (?:any |an)?other (?:mcp )?servers?\b.{0,60}\b(?:must|always|instead|report|send)\b`,
    ),
  ]),
  rule(ORDERS, [['other tool']], () => [
    /\b(?:e-?mails?|messages?|payments?|transfers|files|requests) (?:sent|made|created|written) (?:by|with|through|via|using) (?:any |the |an)?other tools?\b/u,
    /\b(?:every time|each time|whenever|after) (?:any |an)other tool (?:returns|finishes|runs|was|is|has)\b/u,
  ]),
  rule(
    ORDERS,
    [
      ['when', 'if ', 'every time', 'each time', 'after '],
      ['called', 'used', 'invoked', 'run', 'available'],
      ['must', 'always', 'instead', 'has to', 'have to', 'need to', 'needs to'],
      ['recipient', 'bcc', 'email', 'e-mail', 'account', 'destination', 'iban', 'redirect', 'forward'],
    ],
    () => [
      pattern(
        String.raw`\b(?:when|whenever|if|every time|each time|after) (?!this)`,
        words(3),
        String.raw`(?:\w{1,40} (?:tool|function)|[a-z]{2,30}(?:_[a-z]{2,30}){1,4}) (?:is|are|was|gets) (?:called|used|invoked|run|available)\b`,
        String.raw`(?=.{0,120}\b(?:must|always|instead|has to|have to|needs? to)\b).{0,120}\b(?:recipients?|bcc|e-?mail|account|destination|iban|redirect\w*|forward\w*)\b`,
      ),
    ],
  ),
  rule(
    CONVERSATION,
    [
      ['conversation', 'chat', 'dialog', 'message history', 'transcript'],
      ['entire', 'full', 'whole', 'complete', 'all of the', 'raw', 'verbatim'],
    ],
    () => [
      pattern(
        String.raw`\b${GIVE}\b `,
        words(4),
        '(?:entire|full|whole|complete|all of the|raw|verbatim) ',
        words(2),
        String.raw`(?:conversation|chat|dialog(?:ue)?|message history|transcript)\b(?! (?:id|name|url|link|template))`,
      ),
    ],
  ),
  rule(CONVERSATION, [['system prompt', 'chain of thought', 'hidden instructions']], () => [
    /\b(?:your|the model['’]s|the assistant['’]s) (?:own |full |entire |exact )?(?:system prompt|chain of thought|hidden instructions)\b/u,
  ]),
  rule(CONVERSATION, [['the user'], ['message', 'everything']], () => [
    /\b(?:all|every|the) (?:of the )?(?:previous|prior|earlier) messages? (?:of|from|by) the user\b/u,
    /\beverything (?:that )?the user (?:has )?(?:said|typed|written|told)\b/u,
  ]),
  rule(CONVERSATION, [['tools'], ['you have', 'available to you', 'your disposal']], () => [
    /\b(?:all|every one of)(?: of)? (?:the |your )?tools (?:that )?(?:you have|available to you|at your disposal)\b/u,
  ]),
  rule(ROLE, [['you are', 'you must now', 'you will now', 'new instructions', 'new system']], () => [
    /\byou are (?:now )?(?:in|operating in|running in) (?:\w{1,20} ){0,3}mode\b/u,
    /\byou (?:are now|must now act as|will now act as) (?:an? |the )(?!different)/u,
    /\bnew (?:system )?instructions? ?:/u,
  ]),
  rule(PROGRAM, [['curl', 'wget']], () => [
    /\b(?:curl|wget)\b[^|\n]{0,200}\| ?(?:sudo )?(?:ba|z|da)?sh\b/u,
    /\b(?:ba|z|da)?sh -c .{0,4}\$\( ?(?:curl|wget)\b/u,
  ]),
];

/** Quick test: a text without a match contains no prompt markup. */
const MARKUP_CUE = /<[A-Za-z/!|<]|\[\/?(?:inst|sys)|# ?(?:system|new)/i;

/** Markup that tells models who speaks. Matched against the text with its capitals and lines. */
const MARKUP: readonly RegExp[] = [
  /<\/?(?:IMPORTANT|SYSTEM|SECRET|HIDDEN|CRITICAL|INSTRUCTIONS?|ADMIN|OVERRIDE)\b[^<>]{0,40}>/,
  /<(important|(?:system|secret|hidden|admin|critical|override)(?:[-_ ]\w{1,20})?)>.{0,2000}?<\/\1>/is,
  /<\|(?:im_start|im_end|im_sep|system|user|assistant|endoftext|eot_id|start_header_id)\|>|\[\/?INST\]|<<\/?SYS>>|\[\/?SYSTEM\]/,
  /(?:^|\n)#{1,4} ?(?:system|new instructions?)\b|\s#{1,4} ?SYSTEM:/i,
  /<!--[^>]{0,200}?\b(?:ai|assistant|model|llm|agent|instructions?|ignore|you must)\b/i,
];
