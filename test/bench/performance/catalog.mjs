// Invented tools in any number, of the size and the likeness to each other that tools of business servers have.

/** Keys of the servers. */
export const SERVERS = [
  ...[
    'archive',
    'billing',
    'bookings',
    'builds',
    'campaigns',
    'catering',
    'clinic',
    'contracts',
    'couriers',
    'customs',
  ],
  ...['fleet', 'forum', 'garden', 'hiring', 'hotel', 'insurance', 'kitchen', 'laboratory', 'library', 'logistics'],
  ...[
    'museum',
    'newsroom',
    'observatory',
    'payroll',
    'pharmacy',
    'printing',
    'records',
    'school',
    'theatre',
    'warehouse',
  ],
];

const VERBS = [
  ['list', 'Gives one page at a time, the newest first; pass the cursor of a page to read the next one.'],
  ['get', 'Gives all fields of one record, those of your own included, and links to what belongs to it.'],
  [
    'create',
    'Checks all required fields first and writes nothing when one is missing; gives the id of the new record.',
  ],
  ['update', 'Changes only the fields that are given, and refuses if somebody else has changed the record meanwhile.'],
  ['delete', 'Takes the record away for good unless the account has a bin, from where it can be fetched for 30 days.'],
  ['search', 'Looks for words in all texts; quoted phrases and pairs like field:value narrow the answer down.'],
  ['export', 'Writes a file with one line per record and gives an address where it can be loaded for an hour.'],
  ['import', 'Reads a file with one line per record and reports each line that could not be taken, with its reason.'],
  ['approve', 'Needs the right to approve; whoever created the record cannot approve it as well.'],
  ['reject', 'Asks for a reason, which whoever created the record gets to read.'],
  ['assign', 'Makes one person responsible and tells that person.'],
  ['copy', 'Makes a second record with the same fields, as a draft.'],
  ['count', 'Gives a number for each state, and for each month if asked.'],
  ['compare', 'Shows field by field what differs between two records.'],
  ['lock', 'Keeps everybody else from changing the record until it is unlocked or a day has passed.'],
  ['merge', 'Makes one record of two; the older one keeps its id.'],
  ['notify', 'Sends a short message to all who follow the record.'],
  ['print', 'Gives a document for printing, in the language of the account.'],
  ['schedule', 'Plans the work for a later time, in the time zone of the account.'],
  ['tag', 'Adds labels; those that do not exist yet are made.'],
];

const NOUNS = [
  ...['account', 'address', 'agreement', 'appointment', 'article', 'balance', 'batch', 'budget', 'category', 'claim'],
  ...['comment', 'container', 'delivery', 'discount', 'document', 'employee', 'estimate', 'exhibit', 'fee', 'folder'],
  ...['guest', 'holiday', 'inspection', 'item', 'journal', 'key', 'label', 'letter', 'machine', 'meeting'],
  ...['note', 'offer', 'parcel', 'permit', 'photo', 'price', 'questionnaire', 'receipt', 'recipe', 'reminder'],
  ...['room', 'route', 'sample', 'seat', 'shift', 'supplier', 'ticket', 'tool', 'vehicle', 'voucher'],
];

const PARAMETERS = Object.entries({
  account: { type: 'string', description: 'Short name of the account that the record belongs to' },
  title: { type: 'string', description: 'One line that people recognise the record by', maxLength: 120 },
  text: { type: 'string', description: 'Free text, as Markdown' },
  tags: { type: 'array', items: { type: 'string' }, description: 'Labels that the record is to have' },
  pageSize: { type: 'integer', minimum: 1, maximum: 200, default: 50, description: 'Records on one page' },
  cursor: { type: 'string', description: 'Where to go on, from the page before' },
  state: { type: 'string', enum: ['draft', 'open', 'closed'], description: 'Only records in this state' },
  owner: { type: 'string', description: 'Who is responsible for the record' },
  until: { type: 'string', format: 'date', description: 'Last day on which this counts' },
  preview: { type: 'boolean', default: false, description: 'Say what would happen without doing it' },
  more: {
    type: 'object',
    description: 'What is rarely needed',
    properties: { silent: { type: 'boolean' }, attempts: { type: 'integer' }, region: { type: 'string' } },
  },
});
const ID = { type: 'string', description: 'Id of the record, from the answer of list or search' };

const capital = (/** @type {string} */ word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
/** The index-th pair of verb and noun; there are 1,000 of them. */
const wordsAt = (/** @type {number} */ index) => {
  const [verb = '', effect = ''] = VERBS[index % VERBS.length] ?? [];
  return { verb, effect, noun: NOUNS[Math.floor(index / VERBS.length) % NOUNS.length] ?? '' };
};

/** @param {string} server @param {number} index */
function makeTool(server, index) {
  const { verb, effect, noun } = wordsAt(index);
  const picked = Array.from({ length: 3 + (index % 4) }, (_, n) => PARAMETERS[(index * 5 + n * 2) % PARAMETERS.length]);
  return {
    name: `${verb}_${noun}`,
    description: `${capital(verb)} a ${noun} of the ${server}. ${effect}`,
    inputSchema: { type: 'object', properties: { id: ID, ...Object.fromEntries(picked) }, required: ['id'] },
  };
}

/**
 * The first `count` tools of a server, at most 1,000.
 * @param {string} server
 * @param {number} count
 */
export const makeTools = (server, count) => Array.from({ length: count }, (_, index) => makeTool(server, index));

/**
 * The one tool by which a search tells that this server's tools are known.
 * @param {string} server
 */
export const lighthouse = (server) => ({
  name: `lighthouse_${server}`,
  description: `Lighthouse of the ${server}`,
  inputSchema: { type: 'object' },
});

const swapped = (/** @type {string} */ word) => `${word.slice(0, 2)}${word[3] ?? ''}${word[2] ?? ''}${word.slice(4)}`;

/**
 * Queries as models write them: words, a sentence, words with typing errors, in turn.
 * @param {readonly string[]} servers
 * @param {number} count
 * @returns {string[]}
 */
export function makeQueries(servers, count) {
  return Array.from({ length: count }, (_, index) => {
    const server = servers[(index * 3) % servers.length] ?? '';
    const { verb, noun } = wordsAt(index * 17);
    if (index % 3 === 0) return `${server} ${verb} ${noun}`;
    if (index % 3 === 1) return `how can I ${verb} a ${noun} in the ${server}?`;
    return `${verb} ${swapped(noun)} ${swapped(server)}`;
  });
}
