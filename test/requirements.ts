/** A promise of the project: one sentence, and the issue that made it. */
export interface Requirement {
  readonly text: string;
  readonly source: `#${number}`;
}

const GATEWAY = promised('#2', {
  // Start and configuration
  'config.argument': 'The configuration file is named by the first argument, or by -c or --config.',
  'config.variable': 'Without an argument, MCP_GATEWAY_CONFIG names the configuration file.',
  'config.default-path': 'Else it is mcp-gateway/config.json, .jsonc, .yml or .yaml in XDG_CONFIG_HOME or ~/.config.',
  'config.no-file': 'Without a file the five tools are served, and stderr and search say where to write one.',
  'config.appears': 'A file that did not exist at the start is picked up when it appears.',
  'config.flat-map': 'A flat map of server key to entry is the native shape.',
  'config.entry-fields':
    'An entry may have type, command, url, transport, environment, headers, cwd, enabled, tags, description, timeoutMs, maxConcurrency and protocol.',
  'config.listed-shape':
    'The listed shape (servers: [{id, transport, command, args, env, …}]) is read as the same servers.',
  'config.gateway-settings':
    'Gateway settings beside the servers are validated: port, host, logLevel, auth, rateLimit, monitor, corsOrigins.',
  'config.flat-settings': 'Gateway settings have a documented place beside a flat map.',
  'config.mcp-servers': 'The {"mcpServers": …} shape of other clients is read as the same servers.',
  'config.jsonc': 'JSON may have comments, trailing commas and a byte order mark.',
  'config.yaml': 'YAML is read as well as JSON.',
  'config.substitution': 'Variables are substituted in command, args, environment, url and headers.',
  'config.env-unset': 'An unset {env:VAR} is empty, with one warning that names server and variable.',
  'config.dollar': 'The shell’s forms are substituted too: VAR, env:VAR and VAR:-default, in dollar and braces.',
  'config.dollar-unset':
    'An unset variable in dollar and braces, without a default, makes that entry misconfigured, and only that one.',
  'config.schema-command': '`mcp-gateway schema` prints the JSON Schema of the configuration for editors.',
  'config.schema-source': 'One schema is the source of types, defaults, prose and the JSON Schema.',
  'config.partial': 'A wrong entry never keeps the healthy servers from running.',
  'config.wrong-entry':
    'A wrong entry is named with file, key path, what was found and expected, and the nearest known key.',
  'config.wrong-in-search': 'A wrong entry is named in the answer of search as well as on stderr.',
  'config.not-object': 'A file that is no object is an error that names the file.',
  'config.syntax': 'A syntax error is told with line and column.',
  'config.unknown-key': 'An unknown key is a warning, not an error.',
  'config.disabled': 'An entry with enabled: false is not started and its tools are unknown.',
  'config.watch-replace': 'The file is followed when an editor replaces it by another one.',
  'config.watch-in-place': 'The file is followed when it is written in place.',
  'config.reload-add': 'An entry added to the file is started within seconds.',
  'config.reload-remove': 'An entry taken out of the file is stopped and its tools are forgotten.',
  'config.reload-change': 'A changed entry is started anew with its new settings.',
  'config.reload-toggle': 'Disabling and enabling an entry stops and starts it.',
  'config.reload-unchanged': 'A reload leaves the processes of unchanged entries and calls in flight alone.',
  'config.reload-broken': 'A broken edit is reported and the old configuration stays.',
  'config.applies':
    'Each setting says when a change of it takes effect: at once, with the next session, or at the next start.',
  'config.waits-for-start':
    'The log names each changed setting that takes effect at the next start only, and the file.',

  // Upstreams
  'upstream.stdio': 'A server is reached over stdio.',
  'upstream.http': 'A server is reached over Streamable HTTP.',
  'upstream.sse': 'A server is reached over legacy HTTP+SSE.',
  'upstream.websocket': 'A server is reached over WebSocket, on Node 20 too.',
  'upstream.headers': 'Headers are sent on every network transport, WebSocket included.',
  'upstream.detect': 'The transport is detected from ws(s):// and by trying Streamable HTTP, then SSE.',
  'upstream.override': '`transport` overrides the detection.',
  'upstream.parallel': 'Servers start in parallel; a slow or dead one blocks neither another nor initialize.',
  'upstream.pages': 'Every page of tools/list is read.',
  'upstream.endless-cursor': 'An endless cursor is stopped.',
  'upstream.list-changed': 'A list_changed of a server updates what is known, debounced.',
  'upstream.malformed-tool': 'A malformed tool costs that tool only.',
  'upstream.environment': 'A child inherits the whole environment plus the entry’s own.',
  'upstream.cwd': 'A child runs in the cwd of its entry.',
  'upstream.stderr': 'A child’s stderr is always drained, and shown at debug level with the server’s key.',
  'upstream.reconnect': 'A server that crashed or was lost comes back by itself, with back-off and jitter.',
  'upstream.isolation': 'A server that dies leaves the rest usable.',
  'upstream.backoff': 'A server that starts and dies is retried ever more slowly; only stable life resets that.',
  'upstream.max-concurrency': 'maxConcurrency bounds the calls in flight to a server; the others wait.',
  'upstream.roots-first': 'A call does not overtake the roots that its server asks for after the handshake.',
  'upstream.generations': 'Servers of both SDK generations are served, in the 2025 era and in 2026-07-28.',

  // The meta-tools
  'tools.five': 'Exactly search, describe, invoke, invoke_async and job_status are listed, in this order.',
  'tools.stable': 'The list is byte-identical within a session.',
  'tools.aliases': 'gateway.search, …, gateway.job_status and gateway.invoke_status are understood and not listed.',
  'tools.ids': 'Ids are serverKey::toolName, looked up and never parsed: a tool named a::b works.',
  'tools.failures': 'A failure is a tool result with isError whose text names server, tool, cause and cure.',
  'tools.short-failures': 'A failure text is short: an id of a megabyte is not echoed.',
  'tools.meta':
    'Every tool has anthropic/alwaysLoad; invoke, describe and job_status have anthropic/maxResultSizeChars.',
  'tools.read-only': 'search, describe and job_status carry readOnlyHint.',
  'tools.instructions': 'The instructions name the connected servers with one phrase each in under 2,000 characters.',
  'tools.categories': 'The instructions begin with what the servers are about: tags, else nouns of their tools.',
  'tools.crowded':
    'Where a line for each server does not fit, servers are grouped, then named alone, then counted, and it is said if names are missing.',
  'tools.tokens': 'The five tools and the instructions cost at most 700 tokens without the server names.',
  'tools.clients': 'A 1.x and a 2.x client each drive all five tools.',

  // search
  'search.answer':
    'search answers compact JSON in one text block: found, results of id, signature, description, score.',
  'search.limit': 'limit is 10 by default and at most 50.',
  'search.filters': 'filters narrow by server and by tags.',
  'search.signature': 'A signature renders the input schema compactly: required first, ? for optional, enums short.',
  'search.any': 'A signature is () if the schema takes nothing, and (any) if it takes any object without saying what.',
  'search.part': 'Of a long description the part that meets the query is shown, within the same room.',
  'search.why': 'A hit says in a few words what matched if neither id, signature nor description shows it.',
  'search.shared-parameters':
    'Optional parameters that most tools of a server take come last, and are said once for several hits.',
  'search.notes': 'The first hit says of its parameters what names and types do not: a form, a condition.',
  'search.gives-back':
    'A signature ends with image, audio or resource where the output declares it or the last result had it.',
  'search.budget': 'Ten results stay under 1,500 tokens whatever upstreams write.',
  'search.states': 'Servers that are connecting, failing or misconfigured are named with their state.',
  'search.empty': 'An empty query lists the servers with their tool counts.',
  'topics.nouns':
    'Where neither entry nor server says what it is good for, nouns of the names of its tools do, in the instructions and the empty search.',
  'topics.limits':
    'These nouns come from names of tools that the caller may see, never from descriptions, names that hide characters or give orders, or a pinned server.',
  'topics.remembered':
    'They are remembered for the next start, and learnt anew where the permission rules have changed.',
  'search.ranking': 'Name weighs 3, title 2, description and server 1; fuzzy 0.2; prefixes match.',
  'search.first': 'A first search waits up to 3 s for servers on their first connect, less when all are in.',

  // describe
  'describe.unchanged': 'describe answers the upstream’s own definition, unchanged: annotations, outputSchema, _meta.',
  'describe.place': 'describe tells the server and whether it is available.',
  'describe.many': 'describe takes one id or up to 10.',
  'describe.nearest': 'For an unknown id describe names the three nearest ids.',

  // invoke
  'invoke.result':
    'invoke answers the upstream’s CallToolResult itself: every block, structuredContent, isError, _meta.',
  'invoke.json-args': 'args given as a JSON string are parsed.',
  'invoke.unknown': 'invoke of an unknown tool is a failure that names the nearest ids.',
  'invoke.deadline': 'timeoutMs (30,000 by default) ends a call and reaches the upstream as a cancellation.',
  'invoke.long-deadline': 'A timeout above 60 s is honoured.',
  'invoke.cancel': 'A cancellation by the client reaches the upstream as a cancellation.',
  'invoke.progress': 'Progress reaches the client’s token, in order, before the result.',
  'invoke.connecting': 'invoke on a connecting server waits within its deadline.',
  'invoke.protocol-error': 'A JSON-RPC error of the upstream becomes a failure with its code and data.',
  'invoke.crash': 'A call whose server dies fails at once, and says whether it was sent.',

  // invoke_async
  'async.submit': 'invoke_async answers {jobId, status, position}.',
  'async.priority': 'Higher priority runs first, first in first out within one.',
  'async.concurrency': 'Three jobs run at a time by default; the number is configurable.',
  'async.bound': 'More waiting jobs than configured are refused clearly.',
  'async.unknown': 'An unknown tool fails at once, not in a job.',

  // job_status
  'status.record': 'job_status answers compact JSON first: jobId, status, position, progress, error, timings.',
  'status.native-result': 'The result of a finished job follows natively: blocks, isError, structuredContent, _meta.',
  'status.wait': 'waitMs (at most 50,000) answers as soon as the job ends.',
  'status.cancel': 'cancel ends a waiting or running job and reaches the upstream.',
  'status.unknown': 'An unknown job is a failure that says so.',
  'status.bounded': 'Records live 24 h and are bounded in number and bytes, oldest finished first.',

  // Life and death
  'life.initialize-first': 'initialize and tools/list are answered before any upstream is up.',
  'life.eof': 'It ends when stdin ends.',
  'life.sigint': 'It ends on SIGINT.',
  'life.sigterm': 'It ends on SIGTERM.',
  'life.jobs': 'At the end jobs are settled.',
  'life.process-groups':
    'Children are asked to end, then killed with their whole process group, behind npx or a shell too.',
  'life.within-5s': 'The end takes at most 5 s and leaves nothing behind.',
  'life.stdout': 'Nothing but JSON-RPC ever goes to stdout.',

  // Log
  'log.json': 'The log is one JSON object a line on stderr.',
  'log.level': 'logLevel bounds what is logged.',
  'log.secrets': 'The log never shows a secret.',

  // Package
  'package.self-contained': 'The packed package runs by npx and by bunx without installing dependencies of its own.',
  'package.library': 'The package exports Gateway, loadConfig, GatewayError and types.',
  'package.bun': 'Bun runs the source and the build.',
  'package.reference-servers': 'The everything, filesystem and memory servers and three remote ones work at once.',
  'package.sdk': 'All five packages of the card are direct entries of package.json.',

  // Documentation
  'docs.readme-commands': 'The README’s demo command and test command work on a fresh clone.',
  'docs.client-entries':
    'README and docs/clients.md show entries for Claude Code (alwaysLoad) and OpenCode (node, npx and bunx).',
  'docs.config-reference': 'The configuration reference agrees with the schema.',
  'docs.agents-template': 'AGENTS.template.md names the meta-tools as they are.',
  'docs.examples': 'Every file in examples runs.',
  'docs.sdk-decision': 'docs/design/protocol-eras.md records which SDK generation does what, and why.',
});

const ARGUMENTS = promised('#3', {
  'args.mend': 'Stringified or mistyped arguments that the schema makes unambiguous are mended.',
  'args.said': 'Each mending is named: the path, what was there and what it became.',
  'args.untouched': 'What the schema accepts, or may accept for all that can be told, is never changed.',
  'args.problems': 'A validation error names path, expectation and what was found.',
  'args.error': 'A refusal names tool, problems and the compact schema, so that a model corrects itself in one turn.',
  'args.lenient': 'Nothing is refused that an upstream might accept: anything uncertain goes through.',
  'args.bounded': 'Depth, size, cycles and schemas that double themselves cost next to nothing.',
});

const PRIMITIVES = promised('#3', {
  'primitives.unchanged': 'Resources, templates and prompts of all servers are listed as their servers list them.',
  'primitives.unique': 'Names and URIs are made unique only where they collide; the first server keeps its own.',
  'primitives.pages':
    'Every page of every server is read, an endless cursor is stopped, and lists are served in pages.',
  'primitives.malformed': 'A malformed item costs that item only.',
  'primitives.isolation': 'A server that cannot list costs its own items only.',
  'primitives.changes': 'A list is remembered until its server changes it.',
  'primitives.cache-hints': 'ttlMs and cacheScope of lists are kept: the shortest and the strictest.',
  'primitives.read': 'resources/read reaches the server that lists the URI, whose template fits, or that has it.',
  'primitives.subscribe': 'Subscriptions reach their server and can be renewed after a reconnect.',
  'primitives.updated': 'An update names the URI that the client knows.',
  'primitives.prompts': 'prompts/get reaches its server; arguments and answer pass as they are.',
  'primitives.owner':
    'A resource is asked of the server that it belongs to alone, also where that refuses or fails; where two claim it equally, that is said.',
  'primitives.completion': 'completion/complete reaches the server of the prompt or template.',
  'primitives.expose': '`expose` switches resources and prompts off, for one server or for all.',
});

const TASKS = promised('#3', {
  'tasks.required': 'A tool that must run as a task is run as one under invoke too, and awaited.',
  'tasks.optional': 'A tool that may run as a task is called plainly by invoke and run as a task by invoke_async.',
  'tasks.forbidden': 'A tool without task support is never run as a task.',
  'tasks.result': 'A task answers with the tool’s own result, related-task _meta included.',
  'tasks.status': 'job_status follows a task: its status messages and its progress, all its life.',
  'tasks.notified': 'A status notification shortens the wait for the next look at a task.',
  'tasks.input': 'A task that needs input asks the client that made the call.',
  'tasks.cancel': 'A call given up cancels its task by tasks/cancel, also before the task’s id is known.',
  'tasks.direct': 'A server that answers without creating a task is taken at its word.',
  'tasks.lost': 'A task that vanishes or is cancelled by its server is answered with the server’s error.',
});

/** What we send to others over HTTP, and what they send back. */
const OUTBOUND = promised('#13', {
  'outbound.bytes':
    'Of an answer over HTTP what it unpacks to counts: 256 MiB, 1 MiB in a login, and the first 64 KiB of what is none.',
  'outbound.events': 'Of a stream of events each one may be that long, and a long one is read in linear time.',
  'outbound.kinds': 'Addresses are public, private, of this machine or of the link, however they are written.',
  'outbound.reach': 'A server leads us to private addresses only from one, and nowhere by a redirect.',
  'outbound.proxy-names':
    'A name that only a proxy can look up is gone to where a person has named it, it is of the server’s own site, or named by who was named.',
  'outbound.pinned': 'What is connected to is the address that was looked at.',
  'outbound.proxy': 'HTTP_PROXY, HTTPS_PROXY and ALL_PROXY in either case count for HTTP and WebSocket; SOCKS5 too.',
  'outbound.no-proxy': 'This machine and what NO_PROXY names are reached without a proxy.',
  'outbound.proxy-field': '`proxy` of an entry counts before the environment; false is none.',
  'outbound.proxy-secret': 'User and password of a proxy are never shown.',
  'outbound.proxy-failure':
    'What fails at a proxy names it, the setting that names it, the cause and a cure, whatever goes through it.',
  'outbound.proxy-everywhere': 'Calls, logins, published keys and embeddings go through the proxy; doctor names it.',
  'outbound.built': 'What is loaded on demand works in the built package, SOCKS too.',
  'outbound.basic': 'User and password in an address are sent as Basic, and never shown.',
  'outbound.headers': 'A header that cannot be sent is named, without its value.',
  'outbound.sse': 'An SSE stream that is there and cannot be used is named by its own cause.',
  'outbound.issues': 'No error is a dump of validation issues.',
  'oauth.lenient':
    'A login works where documents, clients and tokens have nulls, members of a neighbouring type or too few, or a slash more.',
  'oauth.quiet': 'What an authorization server answers is told by its status and code, never by its text.',
  'oauth.forgotten': 'A registration that the authorization server has forgotten is made anew.',
  'oauth.secret-issuer':
    'A client secret goes to the issuer that the entry names, or else to the server’s own host alone; a start and doctor ask for it.',
  'oauth.slash': 'Issuer and audience of a token may differ from the settings by a slash at the end.',
  'oauth.callback': 'No request to the port of the callback ends the login or the gateway.',
});

/** Login for remote servers, as far as the client scenarios of the conformance suite need it; issue 7 builds on it. */
const LOGIN = promised('#3', {
  'login.asked': 'A call to a server that wants a login asks the user to open an address, waits, and goes on.',
  'login.told': 'Where the client shows no addresses, the error says what to open; after that the server comes up.',
  'login.step-up': 'A tool that wants more than was granted asks for it on top of what was granted.',
  'login.search': 'A server that waits for a login is named by search with what to do, and keeps its known tools.',
  'login.patient': 'At the start nothing is opened or registered, and nothing is retried while a server waits.',
  'login.refresh': 'An expired token is renewed without asking, once for all calls.',
  'login.shared': 'Gateways that run at the same time share a login and renew it once.',
  'login.refused': 'A login that is declined or refused is an error that says so.',
  'login.checked': 'A callback with a wrong state or issuer is not taken.',
  'login.kept': 'A login is kept for the next start in files that only their owner can read.',
  'login.secret': 'No token or client secret shows up in logs, answers or errors.',
  'login.machine': 'With client credentials the gateway logs in by itself.',
  'login.off': '`oauth: false`, or an Authorization header of the entry, means that nobody is asked to log in.',
});

const CONFORMANCE = promised('#3', {
  'conformance.server-2025':
    'The official server scenarios of 2025-11-25 pass through the gateway as without it, 30 of 30.',
  'conformance.server-2026':
    'The official server scenarios of 2026-07-28 pass through the gateway as without it, 37 of 37.',
  'conformance.client':
    'The official client scenarios pass through the gateway, except those that the baseline names: 18 and at least 29 of 32.',
});

const FINDING = promised('#4', {
  'search.groups': 'A query may be a list of up to five; their hits are grouped and share a budget.',
  'search.browse':
    'Filters alone list the tools of servers, with signatures if all fit a page, else by name, in pages within the budget.',
  'search.effects': 'Results show what a tool gives back and whether it reads only or destroys; readOnly filters.',
  'search.no-hit': 'Without a hit the answer names near words of the index and the servers there are.',
  'search.request':
    'What a query asks for, its verb and the verb’s object, outweighs how, with what and why; a question asks to read.',
  'usage.counts': 'Tools really invoked after a search gain a little for like queries.',
  'usage.ranks': 'Use decides between equals, can be turned off, and never buries a better match.',
  'usage.bounded': 'The memory of use decays and is bounded.',
  'usage.disk': 'It is kept on disk for its owner alone; a corrupt or foreign file is ignored.',
});

const SEMANTICS = promised('#4', {
  'semantics.finds': 'With an embeddings endpoint, tools are found by what they mean, of what the caller may see.',
  'semantics.learns': 'Vectors are asked for in the background, in batches, and again only for texts that changed.',
  'semantics.disk': 'They are kept on disk for their owner alone, by model; a damaged or foreign file is ignored.',
  'semantics.fallback':
    'An endpoint that is slow, gone or wrong costs no search more than the timeout, and is left alone for a while.',
  'semantics.recovers': 'An endpoint that comes back is asked again, for what was missing too.',
  'semantics.secret': 'The key and headers of the endpoint reach only it, and no log.',
  'semantics.fusion':
    'Likeness of meaning moves what words have found and adds a bounded number of tools; the list is the same each time.',
  'semantics.fits': 'A tool that only its meaning finds fits weakly if it is clearly nearest, and else does not.',
  'semantics.setting': 'It is off unless configured; wrong settings are named, and leave it off.',
});

const FIDELITY = promised('#3', {
  // Results
  'results.content':
    'Every content block, their order, unknown fields, structuredContent, isError and _meta arrive as they were sent.',
  'results.byte-equal': 'Texts of 0 B to 10 MB arrive byte for byte, over every transport.',
  'results.unknown-blocks': 'A content block of an unknown type becomes text rather than an error.',
  'results.line-limit': 'Nothing longer than a client takes on one line is ever written to it, questions included.',
  'results.limit': 'results.maxInlineBytes bounds the line, in bytes.',
  'results.kept': 'A larger result is kept whole, of calls and of jobs.',
  'results.head': 'In its place come its head, its size, and where the rest is.',
  'results.resource': 'A kept result is read in ranges through resources/read of gateway://results/….',
  'results.paging': 'A kept result is read in parts through job_status, without cutting a character.',
  'results.bounded': 'Kept results are bounded, oldest dropped first; one that is gone is said to be gone.',

  // Side channels of a call
  'channels.progress': 'Progress arrives complete and in order, also in one chunk with the result; calls never mix.',
  'channels.progress-deadline': 'Progress begins the deadline anew, up to a hard cap.',
  'channels.cancel': 'A cancellation reaches the server with its reason, and a question taken back the client.',
  'channels.logs': 'Log messages reach the caller, from its level on.',
  'channels.log-level': 'logging/setLevel reaches every server, those that connect later too.',
  'channels.no-level': 'A level that is none is refused, and nobody takes note of it.',
  'channels.sampling': 'Sampling reaches the client and its answer the server, tools and progress included.',
  'channels.elicitation': 'Elicitation by form, defaults and enums untouched, and by URL reaches the client.',
  'channels.roots': 'A server gets the client’s roots and hears when they have changed.',
  'channels.mirrored': 'A server sees the client’s own name and capabilities, as if connected directly.',
  'channels.errors': 'A JSON-RPC error arrives as a failure that holds its code, message and data.',
  'channels.right-call': 'A question is put once, and its answer reaches the call that asked.',
  'channels.incapable': 'A question to a client that cannot answer it is refused at once.',
  'channels.question-deadline': 'The deadline of a call stands still while the client is asked.',
  'channels.taken-back': 'A question that its server takes back is not put again.',
  'channels.jobs': 'A job that asks reaches the client: at once, or in 2026-07-28 by job_status.',

  // Protocol eras
  'eras.verdict':
    'What a stdio server was found to speak is remembered with its date, and decides where the entry does not.',
  'eras.greeting': 'stdio answers initialize and server/discover by one process, with the same instructions.',
  'eras.negotiation': 'The era is probed over HTTP and is that of 2025 over stdio, unless `protocol` says otherwise.',
  'eras.pairings': 'Clients and servers of both eras work together in all four pairings.',
  'eras.identity': 'A 2026-era server is told with each request who calls, and what the client can do.',
  'eras.lists': 'Lists of resources and prompts are those of the server in either era.',
  'eras.subscriptions': 'A 2026-era client hears of changes that it listens to, of servers of either era.',
  'eras.parked': 'A question of an older server parks the call of a newer client under a requestState; it runs once.',
  'eras.parallel': 'Parked calls are many, and each gets its own answers.',
  'eras.state': 'A requestState that was forged, used up or belongs to another request is refused with -32602.',
  'eras.cancel': 'A parked call ends with the client, or when the request that took it up is cancelled.',
  'eras.client-error': 'A client that answers a question with an error ends that call only.',

  // Waiting
  'heartbeat.interval': 'A client with a token hears of a silent call every 10 to 15 s.',
  'heartbeat.token': 'Without a token nothing is sent.',
  'heartbeat.growth': 'A sign of life grows the progress ever so little, and keeps its total and message.',
  'waiting.inline': 'A call that ends within waitMs is answered inline, errors and deadline included.',
  'waiting.handover': 'A longer one is handed over to a job, whose id is answered.',
  'waiting.once': 'A call that is handed over is not started again.',
  'waiting.progress': 'Progress goes to the client until the handover, and to the job from then on.',
  'waiting.cancel': 'Until the handover the client’s cancellation ends the call; from then on that of the job does.',
  'waiting.default': 'invoke.waitMs sets it for all calls, off at first; the call’s own wins.',
  'waiting.connecting': 'A server that still connects is waited for, whatever waitMs.',

  // As a whole
  'fidelity.matrix': 'No difference to a direct connection but those written down with their reason.',
  'fidelity.everything': 'server-everything behaves the same as directly: tools, resources, prompts, completion.',
});

const RANKING = promised('#4', {
  'ranking.floor':
    'On the labelled set in the repository the right tool is among the first five for 97 of 100 queries.',
  'ranking.scripts': 'Queries and tools are found in any script, with or without accents and full width.',
  'ranking.typo': 'One typing error in a query costs at most 4 points of Recall@5.',
  'ranking.deterministic': 'The same tools and query give the same order, however the tools came.',
  'ranking.words':
    'Other forms of a word, other words for it, its beginning and a part of a server’s name find a tool too.',
  'ranking.literals': 'Quoted texts, ids, dates and addresses in a query count less than its other words.',
  'ranking.slices': 'Indexing gives way to the event loop, and a search meanwhile covers what is indexed so far.',
  'ranking.nothing-fits':
    'On the labelled set in the repository, nothing fits for most queries that no tool answers, and for few of the others.',
  'search.match': 'A hit is a strong or a weak match; where no tool seems to fit, the answer says so, found is 0.',
  'search.deprecated':
    'A tool that its server says is deprecated comes after its successor and is marked, in describe too, with the successor.',
  'search.several-requests':
    'A message with several requests has tools for each among the first five; a message with one is ranked as ever.',
  'search.tail': 'Hits far below the best one are not sent; no right tool among the first five is lost by that.',
  'bench.fits':
    'What fits the weights learns what right tools have in common; it reports on sources left out, all among the same tools.',
  'ranking.one-server': 'Adding, replacing or removing a server leaves the tools of the others as they are.',
});

const NAMES = promised('#13', {
  'http.api-ids':
    'REST: a text with "::" is an id and never a name; a bare name is called only where it can mean no other tool.',
  'config.keys': 'A key has no "::" and no ":" at its end, so that an id has one reading.',
  'primitives.names':
    'No server can list a name, URI or template that makes it answer for another server or for the gateway.',
  'library.object': 'new Gateway takes a plain object in any shape of the file.',
  'library.ready': 'gateway.ready() resolves when servers have been reached or not, with those that cannot be called.',
  'library.missing': 'For a program a missing configuration file is an error.',
  'library.disabled':
    'Over REST as over MCP, a tool or a list of a server that is switched off says so and how to switch it on; one that is denied, or not there, is unknown.',
  'library.start-fails':
    'A start that cannot listen starts no server, leaves nothing that keeps the process, and can be repeated.',
  'library.cold': 'At a cold start, REST lists and bare names wait for servers as search does, and say who is missing.',
});

const ANSWERS = promised('#13', {
  'search.first-hit':
    'A search that would find nothing waits up to 5 s for servers that start, and says when it did in vain.',
  'invoke.disabled':
    'A tool of a server that is switched off is told so, with what switches it on; search says the same.',
  'invoke.unknown-server': 'An id of a server that there is not, or that the caller may not know of, says so.',
  'faults.in-words': 'What broke a connection is told in words, with the code where there is one.',
  'people.linear': 'A text or schema of any length is shown in time linear in it.',
});

const SPELLING = promised('#13', {
  'ranking.abbreviations': 'Abbreviations, their plurals and the words they are short for find each other.',
  'ranking.compounds': 'A word written together finds it written apart, and the other way round.',
});

const SPEED = promised('#5', {
  'speed.bench':
    '`npm run bench` prints what was measured beside its goals, ratios first, and leaves no process behind.',
});

const KEPT_FAST = promised('#16', {
  'speed.counts':
    'Promises, ticks, timers, bytes, reads and writes of a call stay within their bounds, over every edge.',
  'speed.loads': 'What a start loads before it answers initialize, a search and a call stays within its bounds.',
  'speed.against':
    '`npm run bench -- --against <git ref>` measures another state beside this one, and leaves nothing behind.',
  'speed.interval': 'A difference between two builds is shown with its interval, and with that of the relay as noise.',
});

const CLIENT_FAULTS = promised('#5', {
  'client.lines': 'Lines split anywhere, malformed, half-written or not UTF-8 cost themselves at most.',
  'client.large-line': 'A line of 50 MB reaches its server; one beyond the limit is refused, and the session goes on.',
  'client.ids': 'Any id that JSON-RPC has comes back as it is, twice if used twice; any other is refused.',
  'client.requests': 'A request of a wrong shape, or of an unknown method, is answered with an error.',
  'client.batches':
    'Each request of a batch of 2025-03-26 is answered; an empty batch, and what is no message, is refused.',
  'client.order': 'Requests before initialize, and a wrong initialize, are answered.',
  'client.stray': 'Unknown notifications and answers to nothing are passed over.',
  'client.bad-answer':
    'A question that the client answers with anything else than an answer fails, and its call goes on.',
  'client.back-pressure':
    'A client that stops reading is read no more, within bounded memory, and is served when it reads again.',
  'client.leaves': 'A client that closes either end, reading or not, ends the gateway and leaves no process.',
  'client.killed': 'A client that is killed leaves no process, whatever is under way.',
  'client.stderr': 'A client that never reads stderr is served all the same.',
  'extreme.keys': 'Argument keys such as __proto__ arrive as they are and pollute nothing.',
  'extreme.depth': 'Arguments 200 levels deep arrive as they are; too deep ones are an error.',
  'extreme.numbers': 'Numbers are what JSON.parse makes of them, as on a direct connection.',
  'extreme.strings': 'Strings arrive as they are, lone surrogates, U+2028 and NUL included.',
  'extreme.timeouts': 'An absurd time is a clear error or is taken; none overflows a timer.',
  'extreme.ids': 'Ids, names and keys of 1 MB get a short error.',
  'load.at-once': '1,000 calls at once are each answered with their own result.',
  'load.hanging': '200 hanging calls keep no other from its answer; the server hears when each is cancelled.',
  'load.sockets': 'Calls that are given up leave no socket to their server behind.',
  'load.queue': '10,000 jobs wait in their places within bounded memory, and delay no invoke.',
  'load.flat': 'Memory stays flat over thousands of calls over every transport.',
  'soak.runs': 'npm run soak checks every answer under faults, and fails for what is wrong.',
});

const LIVES = promised('#5', {
  // What is remembered
  'memory.answers': 'search and describe answer from what is remembered of a server, whether or not it can start.',
  'memory.replaced': 'What a server lists when it starts replaces what was remembered of it.',
  'memory.clients':
    'What a server offered to one client is not taken for what it offers to a client that can do other things.',
  'memory.lists': 'Lists of resources and prompts of a server that does not run are remembered, once they were read.',
  'memory.private': 'Files of the memory are for their owner only, and hold no secret of an entry.',
  'memory.broken': 'A file that is corrupt, cut short or foreign is ignored; one that cannot be written costs nothing.',
  'memory.bounded': 'At most 500 files are kept, and the oldest go first.',
  'memory.key': 'What is started or connected to decides which server is remembered.',
  'memory.introduction':
    'A start answers initialize from what the last one told, byte for byte as it would without; it is only right while nothing has changed that the answer depends on.',
  'memory.introduction-edits':
    'After a change of the configuration, a variable that it reads, a project’s file, a catalog or the version, a start finds out anew what to tell.',
  'memory.introduction-secrets':
    'What was told is kept for its owner only, and not where it holds a secret or the file names secrets.',
  'memory.instructions': 'The instructions tell what servers without a description said of themselves.',

  // When servers run
  'start.auto': 'A server that is remembered starts at its first call, read, prompt, completion or subscription.',
  'start.stale': 'A memory older than 24 hours answers too, while its server starts in the background.',
  'start.lazy': 'A lazy server starts at its first use however old the memory is.',
  'start.early': 'A process that was started ahead is taken by its connection; none is started beside one.',
  'start.eager': 'An eager server starts at once.',
  'start.unknown': 'A server of which nothing is remembered starts at once.',
  'start.settings': 'What the client has set reaches a server that starts later.',
  'start.reload': 'A reload that leaves an entry alone does not start its server.',
  'idle.stop': 'A server without use for its idleTimeoutMs is stopped, and starts anew at its next call.',
  'idle.in-flight': 'A server with a call in flight or a subscription is not stopped.',
  'idle.default': 'Without idleTimeoutMs a server is stopped after 10 minutes if all its tools only read, else never.',
  'idle.state': 'A server that does not run counts as available.',

  // Calls that are lost
  'resend.harmless': 'A lost call of a tool that only reads or is idempotent, and a lost read, is made once more.',
  'resend.unsent': 'A call that provably did not reach the server is made once more, over a fresh connection.',
  'resend.sent': 'Any other lost call fails, and says that it was sent and may have happened.',
  'resend.once': 'Nothing is sent more than twice.',
  'resend.progress': 'Progress told by the first sending is not told again by the second.',
  'resend.cancelled': 'A call that its caller has given up is not made again.',

  // Servers that fail
  'circuit.open': 'Calls to a server that keeps failing fail at once with the state, the last cause and the next try.',
  'circuit.search': 'search marks the tools of a server that cannot be called now.',
  'circuit.close': 'One successful attempt to connect closes the circuit.',
  'circuit.failing': 'A connection that stands while five requests in a row fail is given up.',
  'health.check': 'With healthCheck a server that answers no ping is connected to anew.',
  'health.half-open':
    'A call that runs into its deadline without a sign of life is followed by one ping, which decides.',
});

const SEARCH_SPEED = promised('#5', {
  'searchspeed.bm25': 'The index scores words as BM25+ does, whatever tools came and went.',
  'searchspeed.relisted': 'A server that lists the same tools again is searched meanwhile as if nothing had happened.',
  'searchspeed.changed': 'A tool whose definition changed is found by its new words, and until then by the old ones.',
  'searchspeed.turns': 'Tools by the thousand are learnt in many turns of the event loop.',
  'searchspeed.deep': 'Definitions nested without end are listed again and again without harm.',
});

const STRANGE = promised('#13', {
  'searchspeed.strange':
    'Of a tool a bounded number of words is indexed, in steps between which the event loop goes on; it is found whole or not at all.',
});

const PROPERTIES = promised('#5', {
  'properties.inputs': 'Each of the five tools answers any input with a result or a refusal whose code says why.',
  'properties.envelopes':
    'Any request is answered exactly once, and no message of any shape harms what comes after it.',
  'properties.configuration':
    'Any file gives a configuration or one error, each problem with its place and no secret, and healthy servers run.',
  'properties.substitution':
    'Any text over any environment is filled in, once, and without a placeholder stays as it is.',
  'properties.arguments': 'Whatever schema and arguments are, checking and mending change neither and come to an end.',
  'properties.lines': 'Bytes make the same lines however they are cut.',
  'properties.kept-files': 'Whatever the files that the gateway keeps hold, they are read and written on.',
});

const FAULTS = promised('#5', {
  'faults.start': 'A server that cannot be started or reached is named with the cause; the others answer meanwhile.',
  'faults.silent': 'A server that never answers initialize, or its list late, holds up nobody; a late list arrives.',
  'faults.mid-call':
    'A call whose server exits, throws, is killed or closes a pipe fails with that cause; it comes back.',
  'faults.frozen': 'A frozen server or a half-open connection costs its own calls their deadline, and nothing else.',
  'faults.restart': 'A network server that is started anew, its sessions lost, is connected to again without a call.',
  'faults.output': 'Garbage, long lines, floods, double answers and wrong ids do no harm, in bounded memory.',
  'faults.too-long': 'An answer that is too long to be taken fails its call with that cause.',
  'faults.unsent': 'A request that provably did not reach a server is told apart from one that may have.',
  'faults.silent-response':
    'A response over HTTP that is silent for longer than Node would wait is waited for, up to the deadline.',
  'faults.stubborn': 'A server that is taken out goes with its grandchildren, even if it ignores EOF and SIGTERM.',
  'faults.pages': 'tools/list without end is stopped, whether its pages repeat or bring new tools for ever.',
  'faults.left-out':
    'Of tools that were left out a search says how many and why; a call of one says why, to whom may know of it.',
  'faults.changes': 'A hundred list_changed at once cost a few readings.',
  'faults.many-tools': '10,000 tools of one server are found, described and called.',
  'faults.definitions': 'Odd names, 110 KB descriptions, duplicates and cyclic schemas cost nothing beside them.',
  'endings.nothing-left':
    'EOF, SIGINT, SIGTERM, SIGHUP, SIGKILL of the host or of the gateway itself: within 5 s no process is left.',
});

const HTTP_EDGE = promised('#6', {
  'http.sessions-apart':
    'Of 100 sessions at once each gets exactly its own progress, its own questions and its own answers.',
  'http.session-jobs': 'A job is unknown to every other session, of the same key too, and to REST.',
  'http.session-theft': 'The session id of another key opens nothing, and the session lives on.',
  'http.session-channels': 'Sampling and roots are asked of the session whose call needs them, and of no other.',
  'http.session-log-level': 'A log level counts for the session that has set it.',
  'http.session-ended-answer': 'When a session is ended, requests of it that wait for an answer get an error.',
  'http.session-idle':
    'A session ends after http.sessionIdleMinutes without a request, an open stream or a job that runs.',
  'http.max-sessions': 'Beyond http.maxSessions a new session is refused with 503 until another one has ended.',
  'http.revoked': 'A key that goes from the file ends its sessions; those of others, and their calls, go on.',
  'http.revoked-socket': 'A WebSocket whose session was ended takes no more messages, though its client goes on.',
  'http.rate-limit': 'At once and over /mcp, REST and WebSocket together exactly the limit of a key is served.',
  'http.missed': 'A question that no stream of its session was there for is put to the next one that is opened.',
  'http.forgotten': 'Who comes back to a place in a stream whose rest is not kept whole is refused.',
  'http.upgrade': 'A request that offers to switch to another protocol is answered like any other.',
  'http.once': 'A session is initialized once.',
  'http.stop': 'A stop lets running calls end and answers them, refuses what is new, and leaves no process behind.',
  'http.shared-process': 'Clients that cannot be asked anything share one process of a server, whatever they speak.',
  'http.own-process': 'A client that can be asked has processes of its own, which are gone when it is.',
  'http.shared-entry': 'With shared: true every client shares a server, with shared: false none does.',
  'http.shared-question':
    'On a shared connection a question is put to the only client that calls; while several do it is refused.',
  'http.shared-logs': 'On a shared connection nobody is shown log messages while several clients call.',
  'http.roots-changed': 'Changed roots are told to the servers of that session only.',
  'http.list-changed': 'A changed list of a server is told to every session, and what it lists is new for all.',
  'http.subscriptions': 'A resource that several sessions follow is followed once, until the last one leaves it.',
  'http.subscriptions-own':
    'A session with connections of its own hears once of what it follows, and nothing after it left.',
  'http.capable-tools': 'Tools that a server offers to some clients only are found once such a client has come.',
  'http.leases':
    'Each call of a client without sessions has a 2025-era server to itself, which the next one takes over.',
  'http.leases-waiting': 'A call that waits for such a connection gets one, also when those before it were given up.',
  'subscriptions.cancelled':
    'A subscription ends with the session or the request that listens: also while its server has not answered it.',
  'subscriptions.caller':
    'Servers are subscribed to, and unsubscribed from, on behalf of the caller of the session that asked.',
  'http.modern-listen': 'A client of 2026-07-28 hears of the lists and resources that it listens to, and of no others.',
  'http.modern-jobs': 'Jobs of a client of 2026-07-28 are those of its key, and can ask it.',
  'http.modern-question-owner': 'A question that was put to one key is not answered by another.',
  'http.modern-progress': 'Progress comes to the request of a client of 2026-07-28 that asked for it.',
  'http.fidelity':
    'A client of any era at any transport of the edge sees of a server of any era what it would see directly.',
  'http.session': 'initialize at /mcp opens a session with an unguessable id; what holds no request is answered 202.',
  'http.json': 'An answer that is the first and only thing there is to say is plain JSON.',
  'http.stream':
    'Where progress or a question comes first the answer is a stream of events with ids; from 2025-11-25 on it begins with its place.',
  'http.batch': 'The requests of a batch (2025-03-26) are answered in one response.',
  'http.refusals':
    'A wrong content type, Accept, session, version, method or message has the status of the specification and a JSON-RPC error.',
  'http.same-id': 'Of two POSTs with one id the later is answered, and none is left waiting.',
  'http.delete': 'DELETE ends a session, with its streams and calls.',
  'http.resume':
    'A client that comes back with Last-Event-ID gets exactly the rest of its stream, however often, also when the call has ended.',
  'http.resume-sdk': 'An SDK client resumes a call by its token in a new connection, and the tool is called once.',
  'http.drop': 'A POST of the 2025 eras that breaks off cancels nothing.',
  'http.cancel': 'notifications/cancelled reaches the server, and ends the POST that waited.',
  'http.listen': 'The stream of GET has what belongs to no request: changed lists, and the questions of jobs.',
  'http.questions': 'The question of a call comes over the stream of that call.',
  'http.large': 'Results of 1 and 12 MB pass whole over HTTP; nothing is kept apart.',
  'http.modern':
    'At /mcp 2026-07-28 is served without a session: discovery, lists, and calls with progress before the result.',
  'http.modern-headers':
    'In 2026-07-28 headers that do not say what the body says are refused, and an unserved version is told which are.',
  'http.modern-errors': 'In 2026-07-28 too an error has the code of whoever made it.',
  'http.modern-questions': 'In 2026-07-28 a question comes as a result, and its answer with the next request.',
  'http.modern-cancel': 'In 2026-07-28 the end of its stream cancels a call.',
  'http.eras-together':
    'Clients of both eras are served at one address side by side, and changed lists are told to both.',
  'http.ws': '/ws speaks MCP in either era, with progress before the answer.',
  'http.ws-faults':
    'What is no message is answered over /ws with its error; a frame beyond the limit closes with 1009.',
  'http.ws-limit': 'A changed http.maxBodyBytes counts for WebSockets that are opened from then on.',
  'http.ws-gate': 'A WebSocket is opened to who has a key and a right host and origin; else 401 or 403.',
  'http.ws-full': 'Beyond maxSessions a WebSocket is closed with 1013, and taken again when one has gone.',
  'http.chain': 'A gateway is a server to a gateway over /mcp, /sse and /ws: results, progress, errors, cancellation.',
  'http.sse': '/sse serves SDK clients of HTTP+SSE: search, calls, progress, cancellation.',
  'http.sse-end': 'The end of the stream of /sse ends its session and its calls.',
  'http.head': 'HEAD opens no stream and no session.',
  'http.rebinding': 'A request with a Host or Origin that is not allowed is refused with 403 (DNS rebinding).',
  'http.cors': 'A page of an allowed origin may ask beforehand without a key, and read the headers of MCP.',
  'http.headers': 'Every answer has an id and the security headers.',
  'http.one-chain': 'A POST is answered alike, to every header, by the fast path and by the full one.',
  'http.keyless':
    'Without a key only `/`, health and the document about logins are answered; else 401 with WWW-Authenticate.',
  'http.health': '/health is 503 with reasons while no server is usable; /health/live is 200 all the same.',
  'http.max-body': 'A body beyond http.maxBodyBytes is 413 at every endpoint.',
  'http.open-bind':
    'An address that other machines can reach is not bound without auth settings, and it is said what to write.',
  'http.open-reload':
    'While an address that other machines can reach is bound, a file that has no auth any more is not taken over, and the log says what to write.',
  'http.no-passthrough': 'No header of a caller reaches a server: neither its key, nor cookies, nor any other.',
  'http.oauth':
    'An SDK client finds the authorization server, logs in and calls with a JWT; one for another audience is refused.',
  'http.session-owner': 'The session of one caller does not exist for another.',
  'http.readme': 'The documents on HTTP can be followed line by line: each command runs, and prints the lines shown.',
  'http.library':
    'The packed package serves HTTP from Gateway.start, answers Gateway.fetch without a socket, and has types for both.',
});

const HTTP_AUTH = promised('#6', {
  'http.auth-settings':
    'Wrong auth settings (repeated keys or ids, a short secret, algorithms that do not fit) are told without a secret, and refuse every caller.',
  'http.auth-none': 'Without auth settings, or with strategy none, everybody is the caller anonymous.',
  'http.auth-key':
    'With strategy api-key a key is taken from Authorization: Bearer or X-API-Key; two different ones are refused.',
  'http.auth-key-hashed': 'An API key may be written as its SHA-256, which itself opens nothing.',
  'http.auth-key-caller':
    'A key may carry id, roles and tags, which its caller has; else its id comes of its hash and does not reveal it.',
  'http.auth-revoked': 'After a change of the settings it can be told of each credential whether it still stands.',
  'http.auth-jwt': 'With strategy jwt a token signed with the secret, or with a published key, is taken.',
  'http.auth-jwt-claims':
    'A token that has expired, is not valid yet, never expires, or is for another issuer or audience is refused.',
  'http.auth-jwt-skew': 'The clock of the issuer may be off by clockSkewSeconds.',
  'http.auth-jwt-forged':
    'A token without signature, one tampered with, and one signed with a public key as HS secret are refused.',
  'http.auth-jwt-caller':
    'The caller of a token is its sub, else its client_id or azp, and has the roles of its roles claim.',
  'http.auth-jwks-rotation': 'A key that the issuer has rotated in is fetched when a token of it comes.',
  'http.auth-jwks-bounded':
    'Many tokens of unknown keys do not make a fetch each, nor do tokens while the issuer cannot be reached.',
  'http.auth-jwks-down': 'Where the keys cannot be fetched the answer is 503 and not 401, and it recovers by itself.',
  'http.auth-discovery':
    'The keys of an issuer are found by its OpenID Connect or RFC 8414 document, which must name that issuer.',
  'http.auth-secrets': 'No refusal, challenge, credential or log line of the authentication shows a key or a token.',
  'http.auth-robust': 'Whatever the headers are, the authentication answers and never throws.',
  'http.auth-challenge':
    'A 401 has a WWW-Authenticate that says what was wrong and, with an issuer, where the metadata is.',
  'http.auth-metadata':
    'The protected-resource metadata (RFC 9728) names the endpoint and the issuer that gives tokens for it.',
  'http.open-bind':
    'An address that others can reach without an explicit auth.strategy is a problem that says what to write.',
  'http.host': 'A request whose Host is a name that a web site could have is refused unless it is allowed.',
  'http.origin': 'A request of a web page of another Origin is refused unless corsOrigins has it.',
});

const HTTP_LIMITS = promised('#6', {
  'http.environment':
    'MCP_GATEWAY_PORT, _HOST and _LOG_LEVEL count more than the file, or than none; a wrong one is told and ignored.',
  'http.folder-file': '`start` finds mcp-gateway.yml, .yaml, .json or .jsonc in its folder; stdio never looks there.',
  'http.init':
    '`init` writes a commented file that loads without problems, and shows its key, which it keeps as a hash.',
  'http.init-never-over': '`init` never touches a file that exists, and what it writes is for its owner alone.',
  'http.window':
    'In no window are more than `limit` requests allowed, exactly, of a key or of all; refused ones do not count.',
  'http.window-memory':
    'The rate limit forgets keys that were not used for a window, and never remembers more than a bound.',
  'http.window-reload': 'Counts stay when the limits change in the file.',
  'http.limit-headers':
    'A decision is told as X-RateLimit-Limit, -Remaining and -Reset in seconds, with Retry-After on refusal.',
});

const HTTP_API = promised('#6', {
  'http.api-problems': 'Every failure over HTTP is an RFC 9457 problem document, its status that of its code.',
  'http.api-withheld': 'A defect of ours is logged with its stack under the id of the request; the client is not told.',
  'http.api-input':
    'Broken JSON, another content type, unknown fields or parameters: 400 or 415, naming the place; else 404 or 405.',
  'http.api-no-store': 'No answer of the API may be kept by a cache: it is one caller’s own.',
  'http.api-health': 'Health is 200 while any server can be called, else 503 with reasons; live and ready are apart.',
  'http.api-servers': 'GET /servers lists every configured server with its state; /servers/:id one of them, or 404.',
  'http.api-tools': 'GET /tools lists full definitions by server and tag, page by page; /tools/:id gives one.',
  'http.api-search': 'GET /tools?q= answers the tools that search finds, best first, with their full definitions.',
  'http.api-hidden':
    'A tool that a caller may not see is unknown to it: not listed, found, described, named or called.',
  'http.api-call':
    "POST /tools/call answers the tool's own result unchanged, with 200 also when it is an error of the tool.",
  'http.api-names': 'A bare name is routed where one server has it; several are 409 with the candidates.',
  'http.api-stream': 'With Accept: text/event-stream a call sends progress in order, pings, then one result or error.',
  'http.api-disconnect': 'A client that goes away ends its call, streamed or not, and the server is told.',
  'http.api-jobs': 'POST /jobs answers 202 with Location; GET waits for the result, DELETE cancels.',
  'http.api-job-owner': "A caller's job does not exist for another caller.",
  'http.api-refused': 'A call that never reaches a tool is told to the request log, with its code.',
  'http.api-requests':
    'GET /requests filters and pages; a caller sees its own, an admin all, and all where none has to say who.',
  'http.api-metrics': 'GET /api/v1/metrics answers JSON, or the text of Prometheus where that is accepted.',
  'http.api-openapi': 'The OpenAPI 3.1 document is made of the schemas that check requests, and covers every route.',
});

const HTTP_MONITOR = promised('#6', {
  'monitor.outcome': 'The request log has each call with its caller, tool, duration, outcome and sizes.',
  'monitor.refused': 'The request log and the metrics have the calls that never reached a tool, too.',
  'monitor.unchanged': 'A watched call has the very result or error of the call, whatever becomes of the note of it.',
  'monitor.retention': 'The request log is bounded by age and by number, the oldest forgotten first.',
  'monitor.paging': 'Pages of the request log neither repeat nor miss a call while new ones come.',
  'monitor.filters': 'The request log can be filtered by caller, server, tool, outcome and time.',
  'monitor.sizes': 'Sizes are those of the JSON; what is too large to be counted whole is marked as an estimate.',
  'monitor.secrets': 'No secret stands in the request log or in the metrics; arguments are not kept unless asked for.',
  'monitor.settings':
    'The request log, its arguments, its bounds and the interval of pings have settings with defaults.',
  'monitor.metrics': 'Calls, errors and durations are counted exactly, by server and tool.',
  'monitor.labels': 'The number of labels is bounded; what comes beyond is counted under "other".',
  'monitor.prometheus': 'The metrics are valid Prometheus text: each has its HELP and TYPE, and labels are escaped.',
  'monitor.gauges': 'Jobs, servers, sessions and tools are read when somebody asks.',
  'monitor.json': 'The metrics can be had as JSON, with quantiles for each tool.',
  'monitor.process': 'Figures of the process are among the metrics, and keep no process alive.',
  'monitor.dashboard': 'The dashboard for Grafana in the examples asks only for metrics that there are.',
});

const HTTP_DOCKER = promised('#6', {
  'docker.lint': 'The Dockerfile passes a linter that finds what is wrong in a wrong one.',
  'docker.stages': 'The image is built in one stage and runs in another, from nothing but the files that are copied.',
  'docker.small': 'The image holds the build, its manifest and licence, and none of the packages it was built with.',
  'docker.non-root': 'The container runs as a user that is not root, named by number, without capabilities.',
  'docker.read-only': 'It runs with a read-only root: /tmp in memory and volumes for caches and logins are enough.',
  'docker.ports': 'Port 3000 with a flat configuration, 4000 with mcp-gateway.yml, or the one MCP_GATEWAY_PORT says.',
  'docker.flat': 'A flat configuration mounted in ~/.config/mcp-gateway is served.',
  'docker.listed': 'An mcp-gateway.yml mounted in the home folder is served.',
  'docker.auth': 'A container whose configuration does not say who may call refuses to start.',
  'docker.health': 'The health check succeeds while the gateway answers, and fails when nothing does.',
  'docker.stop': 'SIGTERM ends the container in order, with every server in it.',
  'docker.examples': 'The example configurations have no problem and ask for a key.',
  'docker.compose': 'The compose example builds this Dockerfile and confines the container.',
});

const HTTP_LOAD = promised('#6', {
  'http.bench':
    '`npm run bench:http` measures calls per second, latency, CPU and memory beside pinned peers in interleaved rounds.',
  'conformance.edge':
    'What a five-tool server can pass of the official server scenarios of both revisions passes at /mcp; the rest is named with reasons.',
  'http.slow': 'Headers or bodies that come too slowly are cut off, and others are served meanwhile.',
  'http.large-body': 'A body beyond the limit is answered with 413 without being read to its end.',
  'http.many-headers': '10,000 headers are refused, and the next client is served.',
});

const HOME = promised('#7', {
  'home.import-claude-code':
    'import reads the servers of Claude Code: of the project, the user, and the user within the project.',
  'home.import-editors':
    'import reads Claude Desktop, Cursor and VS Code; inputs become variables, equal servers count once.',
  'home.import-opencode': 'import reads OpenCode, in both shapes of its file.',
  'home.import-codex': 'import reads the TOML of Codex.',
  'home.import-others': 'import reads Windsurf, Gemini CLI and plain mcpServers files.',
  'home.import-secrets': 'What looks like a secret is replaced by a variable, and its value is never shown.',
  'home.import-secrets-file':
    'import keeps secrets in a file that only the user can read and that our configuration names, unless told not to.',
  'home.import-preview': 'import shows what comes from where, and writes only after a yes or with --yes.',
  'home.import-writes': 'What import writes loads without a problem, and importing again adds nothing.',
  'home.import-keeps': 'import adds in the shape of the file, keeps its comments and mode, and a backup.',
  'home.import-broken': 'A broken file is named with its place and costs its own servers only.',
  'home.import-json': 'import tells as JSON what it found and did.',
  'home.install':
    'install writes our entry into the file of a client after a preview, and takes no key of another server.',
  'home.install-claude-code': 'The entry for Claude Code has alwaysLoad; an older entry of ours is replaced.',
  'home.install-takes-out':
    'install takes out the servers that the gateway has, says which, leaves all others, and leaves these too with --keep.',
  'home.install-undo':
    'install --undo restores what was there before the first install, and keeps what others changed since.',
  'home.agents-md': 'agents-md prints the text for the model, or appends it once.',
  'home.help': 'Every command is listed by --help and has a help of its own, with an example.',
});

const PEOPLE = promised('#7', {
  'people.list': 'list shows servers, where they stand and why, their tools, and what they cost directly and now.',
  'people.list-tools': 'list of a server shows its tools, as a model would find them.',
  'people.tokens': 'The tokens of definitions are estimated within a fifth of a real tokenizer.',
  'people.search': 'search finds what a model finds, by words, server and tag.',
  'people.describe': 'describe shows arguments with type, need and description, what comes back, hints and warnings.',
  'people.json':
    'Answers are tables on a terminal and JSON elsewhere, as a model gets it; --json and --human overrule that.',
  'people.arguments':
    'key=value is read as the schema of the tool wants it; key:=json, a.b=1 and lists are understood.',
  'people.call': 'call writes texts as they are, structured content, links and embedded texts.',
  'people.files': 'Images, audio and blobs of a result become files with safe names, and replace none.',
  'people.exit-codes': 'The exit code tells done, failed, misused, an error of the tool, and Ctrl-C apart.',
  'people.progress': 'Progress of a call is shown on a terminal, and leaves no trace in what is written.',
  'people.cancel': 'Ctrl-C cancels the call: the server is told, nothing is left running, the exit code is 130.',
  'people.questions': 'Forms and addresses of a server are put to the person at the terminal; nobody else is asked.',
  'people.logs': 'Log messages of a server come on stderr while it is called.',
  'people.untrusted': 'Nothing that a server says can steer the terminal.',
  'people.tables': 'Columns stand under each other in any script and fit the terminal.',
  'people.colour': 'Colour is for terminals only; NO_COLOR and FORCE_COLOR are respected.',
  'people.nothing-left': 'A command leaves no process behind, and starts only the servers that it needs.',
  'people.add': 'add writes a server into the file in its shape, keeps comments and a backup, and checks it first.',
  'people.secrets': 'A secret given literally to add goes to the file of secrets as with import, and is never shown.',
  'people.remove': 'remove takes servers out of a file of any shape; the rest and a backup stay.',
  'people.completion': 'The shell completes commands, options, clients, servers, tools, arguments and their values.',
  'people.help': '--help groups the commands and tells the exit codes.',
});

const DOCTOR = promised('#7', {
  'doctor.config':
    'doctor names the file, and each mistake in it by place, cause and cure: broken, missing, unknown keys, unset variables, wrong entries.',
  'doctor.commands': 'doctor says which program, script or folder a command lacks, and how to come by it.',
  'doctor.servers':
    'doctor asks every server and says how long it took, what it offers, and in which revision over what.',
  'doctor.alike': 'doctor asks each of several entries of one server, whatever another of them has told.',
  'doctor.failures': 'A server that fails, is silent or lists what cannot be used is named with cause and cure.',
  'doctor.login': 'A server that asks for a login is a warning with the command that logs in.',
  'doctor.slow': 'A slow start is a warning with what shortens it.',
  'doctor.names':
    'doctor names a server that is configured twice, by the same way and as the same person, and servers whose tools share names.',
  'doctor.trust': 'What guards remark on a tool is shown with its cure.',
  'doctor.clients':
    'doctor says which clients go through the gateway, what they still start beside it, and which entries of ours lead nowhere.',
  'doctor.installation':
    'doctor looks at the version of Node, at who can read what is kept, and for other copies of the gateway.',
  'doctor.tokens': 'doctor says what all tools would cost directly and what they cost now.',
  'doctor.exit':
    'doctor exits with 0 where nothing is worse than a warning, 1 after an error, 2 when misused, 130 after Ctrl-C.',
  'doctor.secrets': 'No output of doctor holds a secret of the configuration or of a client.',
  'doctor.output':
    'doctor writes a list for people, without colour where it is not a terminal, and with --json all of it as JSON.',
  'doctor.clean': 'doctor changes nothing that is remembered, and leaves no process behind.',
  'receipt.counts': 'Calls, jobs and failures by code are counted, by server and by tool.',
  'receipt.searches':
    'A search leads to a call when the same session calls what it showed later; empty ones count apart.',
  'receipt.tokens': 'Each session counts the tokens of all known definitions less those of our own.',
  'receipt.free': 'A call is not touched, delayed or waited for by being counted, whatever becomes of the count.',
  'receipt.people': 'What a command asks for that serves no client does not count.',
  'receipt.bounded': 'What is kept is bounded: those called least give way.',
  'receipt.together': 'Gateways that count at the same time lose nothing of each other.',
  'receipt.crash': 'A gateway that is killed loses the last seconds at most, and no lock of it holds up the others.',
  'receipt.switch': 'With "stats": false nothing is counted or written.',
  'receipt.session': 'At its end a session says at debug what it came to.',
  'receipt.stats': 'stats shows the figures to people or as JSON, and --reset begins anew.',
});

const LOGIN_COMMANDS = promised('#7', {
  'login.command': '`mcp-gateway login <server>` opens the browser and keeps the login for its owner only.',
  'login.command-paste': 'With --no-browser login shows the address and takes the one the browser ended at from stdin.',
  'login.command-none': 'login says why a server takes no login, or cannot be reached, and knows the nearest name.',
  'login.command-named': 'Search and errors of a server that needs a login name the command.',
  'login.noticed': 'A running gateway notices a login, or a logout, by the command, without a restart or a call.',
  'login.logout': 'logout has tokens revoked (RFC 7009) and forgets them.',
  'login.logout-all':
    'logout --all ends every login, also of servers configured no more, and says what cannot be revoked.',
  'login.status': 'status shows where, as whom, for what and until when we are logged in, and never a token.',
  'login.provider': 'At a real OpenID provider a person logs in by the address that the client shows, and steps up.',
  'login.provider-refresh': 'At a provider that rotates refresh tokens two gateways renew an expired token once.',
  'login.provider-revoked': 'A refresh token that was revoked makes the server wait for a login.',
  'login.provider-checked': 'A callback with a wrong state, or a wrong or missing iss (RFC 9207), is not taken.',
  'login.provider-machine': 'Client credentials work at a real provider, and are used again when the token ends.',
  'login.keychain':
    'The file of a login is sealed with a key in the keychain of the system, unless settings forbid it.',
  'login.keychain-fallback': 'Without a keychain that takes a key, the file is for its owner only, as it was.',
  'login.keychain-migrates': 'A login kept before is sealed, or opened, as is wanted now.',
  'login.keychain-real': 'A real GNOME Keyring keeps the key, where one is installed.',
  'login.lock': 'The lock of a process that has died is taken over at once.',
  'secrets.file': '{file:path} is filled in wherever variables are.',
  'secrets.file-missing': 'A file that cannot be filled in is told with its place and costs its entry only.',
  'secrets.source': 'A file or a command gives the values of names that the environment does not have.',
  'secrets.formats': 'Secrets are read from dotenv, JSON and YAML; what is wrong is told without a value.',
  'secrets.order': 'The environment counts before the secrets, but for {secret:NAME}.',
  'secrets.failure': 'Secrets that fail, hang or miss a name cost those who want something of them.',
  'secrets.lazy': 'The secrets command is run only where something needs it, and need not be waited for.',
  'secrets.late': 'A secrets command that takes long keeps neither the client nor other servers waiting.',
  'secrets.reload': 'Files and secrets are read anew when the configuration is.',
  'secrets.nowhere': 'No secret and no token is in a log, an answer, an output or a file that is not theirs.',
});

const PERMISSIONS = promised('#7', {
  'permissions.match': 'A rule fits by patterns for server, tool and whole id, and by tags of the server.',
  'permissions.glob': 'In a pattern * stands for any text and ? for one character, and no pattern takes long.',
  'permissions.hints': 'A rule fits by the annotations of a tool, with the defaults of MCP where it says nothing.',
  'permissions.order': 'The first rule that fits decides; where none fits, the tool is allowed.',
  'permissions.cached': 'What the rules say of a tool is found once.',
  'permissions.named':
    'A mistake in a rule, or a name that no server has, is told with place, cause and the nearest name.',
  'permissions.broken': 'A rule with a mistake never lets through what it would have stopped.',
  'permissions.misplaced': 'Rules under a misspelt name deny all; rules beside a flat map count.',
  'permissions.deny': 'What is denied is unknown to search, describe, invoke and REST alike.',
  'permissions.deny-server':
    'A server of which nothing is left is not started; resources and prompts go with the first rule about servers only.',
  'permissions.reload': 'Rules that are edited count at once.',
  'permissions.ask': 'ask asks the person, naming server, tool and arguments, and their answer counts.',
  'permissions.ask-eras': 'The person is asked over stdio and HTTP, by clients of every era.',
  'permissions.shown': 'In the question secrets are blanked, long values cut, and nothing is invisible.',
  'permissions.session': 'An answer for the session holds for that tool in that session, and in no other.',
  'permissions.refused':
    'Anything but a yes is a no: the tool is not called, and the model reads that the person refused.',
  'permissions.incapable': 'Where the client cannot ask, the call is refused with the rule and the cure.',
  'permissions.deadline':
    'The deadline of a call stands still while the person thinks; a caller may give up meanwhile.',
  'permissions.concurrent': 'Calls of one tool at one time are asked about one after the other.',
  'permissions.jobs': 'A job is asked about before it is queued.',
  'permissions.continued': 'A call that brings the answers to a question of its server is not asked about again.',
  'permissions.before-start': 'Whoever is refused does not start the server.',
  'permissions.rest': 'Over REST nobody can be asked: the call is refused with 403.',
  'permissions.recorded': 'The request log and the metrics record refusals.',
  'permissions.hook': 'The hook of Claude Code answers allow, ask or deny by the rules for the tool within.',
  'permissions.hook-closed': 'What the hook cannot read is no yes.',
  'permissions.handover': 'What Claude Code has asked about by its hook, the gateway does not ask about again.',
  'permissions.print-claude-code': 'hooks claude-code prints a PreToolUse hook whose command answers.',
  'permissions.print-others': 'hooks prints what OpenCode can express, and says what no client can.',
  'permissions.client-asks': 'MCP_GATEWAY_ASK=client leaves the asking to the client.',
});

const PROJECT = promised('#7', {
  'project.found':
    'The nearest .mcp-gateway.json, .jsonc, .yml or .yaml in the working directory or above it applies, never one in the home directory or above that.',
  'project.unconfirmed':
    'Before it is confirmed, the file of a project has no effect at all; stderr and search name it with the command that confirms it.',
  'project.allow':
    'allow shows everything that the file of a project does before it asks, and keeps the answer for its owner alone.',
  'project.changed':
    'A changed file has to be confirmed again; allow shows what changed, and until then what was confirmed stays in effect.',
  'project.disallow': 'disallow ends the effect of a project’s file, and that it is mentioned.',
  'project.follow':
    'Running gateways take over an answer, and a project’s file that appears, changes or vanishes, without a restart.',
  'project.merge':
    'A confirmed file comes over the user’s: entries of the same key are replaced or switched off, new ones are added and run in the project’s directory.',
  'project.narrow': 'A project forbids more and never less than the user.',
  'project.apart': 'Projects are confirmed each by itself, by several processes at the same time too.',
  'project.hostile': 'What is no plain file of the user, or is huge or broken, is refused and harms nobody.',
  'project.off': 'A project’s file counts neither with --no-project, nor with project: false, nor for start.',
});

const TRUST = promised('#7', {
  'trust.first-sight':
    'What each tool is when it is first seen is kept, and says nothing as long as it stays that way.',
  'trust.same': 'The order of keys, and what nobody acts on, make no other tool of it.',
  'trust.numbers':
    'A number in a definition counts as its text says it, not as a double holds it; its notation does not count.',
  'trust.changed':
    'search, describe and the log say of a tool what changed since it was first seen, since when, and what accepts it.',
  'trust.new': 'A new tool is taken as it is, and on a pinned server it is blocked.',
  'trust.pinned': 'With pin a changed tool is shown and refused, also when only the waking of its server reveals it.',
  'trust.command': 'mcp-gateway trust shows the old and the new text of what changed, asks, and trusts it.',
  'trust.running': 'A running gateway notices at once what was trusted elsewhere.',
  'trust.key':
    'Another command or address under the same name begins anew; other variables, headers or settings do not.',
  'trust.kept':
    'It is kept for its owner only, whole, by several gateways at once; a file that is corrupt is reported and put aside.',
  'trust.hidden':
    'What a definition hides from people is told, escaped, with its place; the definition passes unchanged.',
  'trust.instructions': 'What in a definition is aimed at the model is told, with its place.',
  'trust.no-false-alarms': 'Definitions of honest servers are not flagged, in whatever script they are written.',
});

const DAEMON = promised('#7', {
  'daemon.one': 'Sessions with --shared that start at once have one daemon, and one process for each server.',
  'daemon.race': 'Of daemons that come up at once one stays, and no other beside it.',
  'daemon.end': 'When the last session has gone, however it went, no process is left.',
  'daemon.stale': 'What a killed daemon leaves behind keeps nobody from starting another one.',
  'daemon.identity': 'Sessions share a daemon if version, file and telling variables are the same, and only then.',
  'daemon.private':
    'Sockets stand in a directory that only the user can enter, within the length that a system allows.',
  'daemon.own-gateway': 'Where there can be no safe socket, a session is served by a gateway of its own.',
  'daemon.reload': 'An edit of the configuration reaches all sessions of a daemon.',
  'daemon.sessions': 'Each session gets its own progress, jobs and log messages, and ends without the others.',
  'daemon.questions': 'A question of a shared server is put to the session that caused it, or to none.',
  'daemon.roots': 'A server that asks for roots has an instance for each session, also with the next daemon.',
  'daemon.directories':
    'A shared server runs in the folder of the configuration, one with cwd "." for each session in its directory.',
  'daemon.death':
    'After the death of a daemon every request gets one answer, and none reaches a server twice that must not.',
  'daemon.jobs': 'Jobs that had not begun when a daemon died begin under their id; the others are told to be lost.',
  'daemon.jobs-anew':
    'A job that begins anew is the request that asked for it: read, admitted and run as it was the first time.',
  'daemon.stop': 'A daemon that is told to stop lets calls come to their end, and hands the sessions over.',
  'daemon.fidelity': 'Through a daemon a session sees what it would see of the server itself.',
  'daemon.project':
    'Sessions in a project with a confirmed file share its servers with each other, and with no session elsewhere.',
  'daemon.install': 'install --shared writes an entry with --shared, and takes it back.',
});

const HOSTS = promised('#7', {
  'hosts.move':
    'import, install claude-code and install opencode lead both hosts to the gateway, with every server they had.',
  'hosts.move-back':
    'install --undo gives both hosts their own servers back, byte for byte where nobody changed the file since.',
  'hosts.five-tools':
    'The real Claude Code and OpenCode offer their model exactly our five tools of all servers, none deferred.',
  'hosts.instructions': 'Their model reads our instructions, with the names of the servers.',
  'hosts.results':
    'Through them what search found is invoked: images arrive as images, text and structured content as text.',
  'hosts.job': 'Through them a job is started, waited for and read.',
  'hosts.introduction': 'Servers hear the name, version and abilities of the host.',
  'hosts.permission':
    'A host asks its person before invoke where it is told to, and the call is made or not as the person says.',
  'hosts.question':
    'A question of a server reaches the person of a host that can ask; else the model is told that it cannot.',
  'hosts.rules':
    'A rule of the gateway asks about the inner tool in a host that can show the question, and refuses in one that cannot.',
  'hosts.hook':
    'The hook that is printed for Claude Code has it decide by the rules of the gateway, and nobody is asked twice.',
  'hosts.cut-short': 'A host that is interrupted or killed in the middle of a call leaves no process of ours.',
  'hosts.runners': 'The entries with npx and bunx work in the real hosts, without a network.',
  'hosts.clean-end': 'A host that has ended leaves no process of ours, and has needed nothing but loopback.',
});

const MOVING = promised('#13', {
  // Import
  'moving.secrets':
    'In whatever form a credential is written (option, header, assignment, script, JSON, address, known beginning, drawn by lot), import has a variable in its place that fills in the same text.',
  'moving.kept-out': 'What a person has rejected, excluded or switched off in a client is not started by the gateway.',
  'moving.tools':
    'Lists of tools that a client lets in, keeps out or does not ask about become rules under permissions.',
  'moving.fields': 'Logins, proposed inputs, seconds and milliseconds, and times of the start are carried over.',
  'moving.literal': 'What a client does not fill in is passed on as it is written.',
  'moving.any-file': 'import <file> reads the shape of any client, or says what it looked for.',
  'moving.places':
    'import looks where variables, profiles, editions and folders above within the project have clients look.',
  'moving.project': "A project's servers start in their project, whatever their commands look like.",
  'moving.same':
    'Equal servers count once, however their variables are written; a secret is kept where one has no value.',
  'moving.renewed':
    'A secret that was renewed in a client takes the place of the old one; no server is doubled for it.',
  'moving.since':
    'What a client forbids or switches off after an import is forbidden and switched off by the next one.',
  'moving.next': 'import ends with the command to run next, and says when there is nothing new.',
  'moving.rules-order':
    'Rules that an import adds loosen nothing that is there, and nothing that is there loosens them.',
  // Install
  'moving.stable': 'install writes an entry that starts tomorrow too, or stops with what to do.',
  'moving.undo':
    'install --undo goes back to how it was before the first of several installs; what was changed since stays, and so do comments.',
  'moving.backups': 'Of the backups of a file the newest five stay.',
  'moving.agents-md': 'agents-md --remove takes the text out again.',
  // Secrets
  'moving.secrets-mode': 'Whenever secrets are written to a file, only its owner can read it from then on.',
  'moving.open-files': 'doctor and the log of a start name each file with secrets that others may read.',
});

const COMMAND_LINE = promised('#13', {
  'cli.bytes':
    'What call writes to a file is byte for byte the text of the result; structured content that repeats it goes to --json only.',
  'cli.pipes': 'Whoever reads the output of a command late gets all of it.',
  'cli.hanging':
    'A server that hangs costs list and search 5 s: they answer with its state and what it waits for; start lists the others.',
  'cli.timeout':
    '--timeout is the time that a command gives servers, and all that a call may take, their start included.',
  'cli.roots':
    'The command line tells servers of no roots but those of --root and of their entries, and says so where access is denied.',
  'cli.misspelt':
    'A command or option that is misspelt ends with 2 and the nearest one; a path as first word is a configuration.',
  'cli.person': 'A person who starts the stdio server at a terminal is told what it waits for and how to end it.',
  'cli.width': 'What people read is wrapped at the width of their terminal, with what goes on below where it began.',
  'cli.states': 'Where a server stands is one word in lists, searches, the doctor and the REST API.',
  'cli.log-lines': 'At a terminal the log is lines for people, elsewhere JSON.',
  'cli.words': 'Errors at the command line have the cures of a person, not of a model.',
  'cli.switch': 'enable and disable switch servers in files of any shape; comments and format stay.',
  'cli.logs':
    'What servers say on stderr is kept for their owner alone, bounded and without secrets; logs shows and follows it.',
  'cli.primitives': 'Resources and prompts are listed, read and filled in, with completion and as JSON.',
  'cli.add-tries': 'add starts the server once and shows its tools or why there are none, unless --no-try.',
  'doctor.turns': 'doctor starts as many servers at a time as there are cores, and no warning of Node is shown.',
  'doctor.grouped': 'doctor tells what is one fact of several servers in one line.',
  'doctor.noise': 'doctor names what a server prints where only JSON-RPC may stand.',
  'doctor.project': 'What is wrong in the file of a project has the cure of a project: mcp-gateway allow.',
});

const ODD_SERVERS = promised('#13', {
  'probe.any-answer':
    'Whatever answers a probe over HTTP with no sign of 2026-07-28, or not at all, is a server with a handshake; that is remembered.',
  'probe.sign': 'A server of 2026-07-28 is known by the version it names, however its answer is written.',
  'probe.login':
    'A probe that is refused for want of a login leads to one handshake; where that is refused as well, to a login, not to another transport.',
  'probe.sse': 'A server of HTTP+SSE is found however it refuses Streamable HTTP, also by silence; that is remembered.',
  'probe.cause': 'Where no transport fits, the first cause is told, in words.',
  'lenient.http':
    'Over HTTP as over stdio: ids as texts or missing, no version, null members, capabilities as lists, true or null are understood.',
  'lenient.notice': 'A refused notifications/initialized costs a line in the log.',
  'lenient.error': 'An error without an id in answer to a POST is the answer to that POST.',
  'lenient.error-text':
    'An error that is a text, has no code, or comes under HTTP 403 with the id of ours reaches the caller in its own words.',
  'lenient.cause': 'An answer over HTTP that breaks off, is empty or no JSON-RPC fails its call with that cause.',
  'lenient.unreadable':
    'An answer that cannot be read, over whatever transport, fails its call with that cause and ends no connection.',
  'lenient.numbers':
    'NaN and Infinity in an answer, which JSON has not, are null, and _meta says where; other broken JSON stays broken.',
  'lenient.last-line': 'The last answer of a process counts without its line break too.',
  'lenient.schemas':
    'A tool whose input schema is missing, null or under another name is one with that, or without known parameters.',
  'lenient.results':
    'A result that is no object is taken in the nearest form that is one, or the error says what was answered instead.',
  'lenient.undeclared': 'A server that does not declare tools is asked for them all the same, and named as such.',
  'paging.broken':
    'A later page of a list that cannot be read costs itself and what comes after it; search and doctor say so.',
  'paging.repeated': 'Pages that repeat themselves end a list, and no tool of theirs counts as listed twice.',
  'paging.empty': 'A page that brings nothing, empty or of malformed tools, does not end a list; too many in a row do.',
  'paging.end': 'A cursor that is empty, null or false ends a list.',
  'paging.cursors': 'Any other goes back as it came: numbers of any size, objects, lists.',
  'paging.lost': 'A page without its list costs itself only, where it says how the list goes on.',
  'paging.slow':
    'Pages that are slow to come delay nobody: what has come is used, search says what is missing, and late pages are taken.',
  'secrets.blanked':
    'Secrets of an entry, what was filled in and what has the form of a credential are blanked in every usual encoding, unless short or common.',
  'secrets.errors': 'Secrets are blanked in errors of servers, their data included, before anything is cut.',
  'secrets.data':
    'In the data of an error texts, keys and numbers are blanked alike; of one that asks to open addresses these alone pass.',
  'secrets.stderr':
    'Secrets are blanked in the last words of a process and in what is no message, before anything is cut.',
  'secrets.told':
    'Neither what is wrong in a list of tools nor the name and instructions of a server, as the gateway repeats them, show its secrets.',
  'secrets.read': 'A colour, another command of a terminal or an invisible character within a secret does not hide it.',
  'secrets.log': 'What has the form of a credential is blanked in every line of the log.',
});

const EXACT = promised('#13', {
  // Numbers
  'numbers.exact': 'JSON is written with its numbers as they came: 9007199254740993, 1.0, 1e400, -0.',
  'numbers.plain': 'To whoever reads them they are the numbers that JSON.parse makes of them.',
  'numbers.many':
    'So are millions of them in one text, for little more than reading and writing it costs; names that come twice or are those of JavaScript change nothing.',
  'numbers.upstreams':
    'They pass unchanged in arguments, results, structured content, _meta, progress and the data of errors, from and to a server of either era over every transport.',
  'numbers.primitives': 'And in resources, prompts, lists and the results of jobs.',
  'numbers.edges':
    'And over every way in: stdio, /mcp in both eras, WebSocket, HTTP+SSE, REST, a shared gateway, the command line.',
  'numbers.words': 'Signatures, refusals and what is said to be mended show numbers as they were written.',
  'numbers.text':
    'A text that is a number beyond those of JavaScript is let through where a number is wanted; no mending and no limit rounds one.',

  // Results
  'results.sound':
    'A result that clients would refuse takes the nearest form that they take; one that they take stays the very same.',
  'results.sound-said': 'What was changed in a result is said in its _meta.',
  'results.sound-clients': 'Real clients of every era take it, over stdio and over HTTP, of a call and of a job.',
  'results.sound-forms':
    'Resources, prompts and their arguments in a neighbouring form are read as what they say, and _meta says so.',
  'primitives.sound-items':
    'An item of a list that lacks its name, or is one, a map by name too, is listed in the nearest form, and says so.',
  'results.sound-answers': 'So do prompts, contents of resources, completions and lists.',

  // Arguments
  'args.fillers':
    'A text that says nothing, where none is wanted, is left out if it may be, null if that is allowed, else refused; neither it, false nor 0 is put into a list.',
});

const EDGE_BOUNDS = promised('#13', {
  'bounds.depth':
    'JSON nested deeper than 512 levels is refused before it is parsed, at every door, under the id of its message.',
  'bounds.members': 'Of members that nobody knows only a few are looked at, however many there are.',
  'bounds.texts':
    'What a server writes is looked through in linear time, whatever it holds, and only as much of it as is kept.',
  'bounds.errors': 'The texts and numbers of an error are looked through as one text, of a million characters at most.',
  'bounds.names':
    'A message of a server has at most 200,000 different names of members, and JSON in the texts of arguments 50,000 members; results of millions of members with few names pass.',
  'bounds.uris':
    'A URI of more than 65,536 characters is refused, and the work of matching one with the templates of a server is bounded.',
  'edge.batch-cost': 'Each message of a batch or frame counts for the rate limit: all of them, or none is served.',
  'edge.batch-bound': 'Batches are taken in sessions of 2025-03-26 only, of at most 50 messages; others are -32600.',
  'edge.unwritable': 'An answer that cannot be written as JSON is an error for its request, at every door.',
  'edge.unread': 'Answers that a caller leaves unread are bounded in bytes: the oldest are cut.',
  'edge.reason': 'A WebSocket that we close is told why, by code and in words.',
  'edge.slash': 'A slash at the end of a path means nothing, and slashes beside each other are one, on every route.',
  'edge.envelope': 'What a request of 2026-07-28 says of its client and cannot be read is named in words.',
  'edge.hello-again': 'An initialize with the id of a session that is gone begins a new one.',
  'edge.nulls':
    'What is optional and null is absent, at every door: params, _meta, arguments and cursor, members of a REST body, filters of a search, what a client says of itself.',
  'edge.method': 'A method that a path does not have is 405 and names those that it has.',
  'edge.tool-metrics': 'Which tools are called is told to admins, or to all where monitor.toolMetrics says so.',
  'edge.shown': 'Durations are whole milliseconds, and the ids of callers are told whole.',
  'edge.argument-errors': 'Over REST what is wrong with the arguments of a tool has the shape of every wrong request.',
  'edge.address': 'An address that cannot be listened at is told with its cure.',
  'edge.local-users': 'Without auth, a gateway on a machine of several people warns at its start.',
  'edge.identity':
    'Ids of people, clients and keys never fall together; roles are those of the roles claim; an unusable sub, such as one with invisible characters, is refused.',
  'shares.reserve': 'Of what is not taken back one caller may have three quarters of what others leave, alone all.',
  'shares.kept': 'Of what is kept for all, the oldest of the caller with the most goes first.',
  'shares.turns': 'Callers take turns in the queue of jobs; priority orders the jobs of one caller.',
  'shares.jobs': 'One caller takes neither all places of the queue nor all that run, nor the results of others.',
  'shares.results': 'Large results that are kept share one room, from which the caller with the most loses first.',
  'shares.log': 'No caller can push what others did out of the request log.',
  'shares.sessions': 'Where there are as many sessions as may be, one of the caller with the most makes room.',
  'shares.calls': 'Calls at one time are bounded, and no caller takes all places.',
  'shares.requests':
    'Requests that are being answered are bounded, whatever they ask for and at every door, and no caller takes all places.',
});

/** Programs of the user are never those of a project; variables and starts as people mean them. */
const STARTS = promised('#13', {
  'outside.path':
    'PATH counts without relative and empty entries, those within the project in which the gateway is started, and those of package runners.',
  'outside.variables':
    'What a package runner has set, and any variable that leads into the project, however its path is written, is not handed on, unless a file of the project itself names the program.',
  'outside.directories':
    'No variable makes a directory within the project that of our configuration, records or sockets; it is ignored, and that is said.',
  'outside.home': 'An empty or relative HOME counts as the home of the account, never as the directory of the start.',
  'outside.modes':
    "In no mode, over stdio, shared, by a command, over HTTP or as a library, the user's servers, secrets.command or keychain programs are those of a project.",
  'outside.where-started':
    'Servers run in the folder of the configuration; with cwd "." where the client starts the gateway; confirmed ones of a project in the project.',
  'variables.own': "An entry's own variables count in its arguments, cwd, headers and url, and in each other.",
  'variables.literal': 'A dollar before it makes a variable in braces the text itself; defaults may nest.',
  'variables.scripts': 'In the script of a shell its own variables are left to it.',
  'variables.home': 'A tilde is the home directory in a command and its arguments.',
  'variables.plain': 'Numbers and booleans in arguments are texts, and null is as if it were not written.',
  'starts.loads': 'A session over stdio loads the parts of the package that it uses, in few files.',
  'starts.timeout': 'startTimeoutMs is how long a start may take; a process that goes on has 300 s without it.',
  'lifecycle.no-listen': 'A start that cannot listen ends the servers that it has started.',
  'starts.slow': 'Calls do not begin to wait for a start that takes longer than a minute; those that wait go on.',
});

const TRUST_CLOSED = promised('#13', {
  'pinned.record-apart': 'Whether it is kept what tools were does not depend on anything else that their server lists.',
  'pinned.lost':
    'A pinned server whose record cannot be read, is too long or is another version’s is all blocked until a person trusts it.',
  'pinned.unkept': 'A pinned tool is blocked while it cannot be written down what it is, and called once it can be.',
  'pinned.at-once':
    'First lists are on disk at once and before a pinned tool is called, later ones soon, and at the end all that is not.',
  'pinned.apart': 'The lists of one server delay what is kept of no other.',
  'pinned.full': 'No server has a tool forgotten, or its change overlooked, by the number of names that it lists.',
  'pinned.migration':
    'What an older version trusted stays trusted without a warning, and what changed since is found out.',
  'pinned.whole': 'Whatever a definition has is compared and looked through, but for figures within _meta.',
  'trust.lists':
    'Suspicious items of lists of prompts, resources and templates carry a warning of ours in their _meta.',
  'trust.own-words':
    'What a server says of itself stands among our words only where nothing in it is suspicious, and never of a pinned one.',
  'pinned.capped':
    'A tool nested too deep, with a name too long, or beyond the number of tools a server may have, is not offered, and said.',
  'described.ours':
    'Where a tool lives, its state and warnings are ours to say in describe, REST and on the command line.',
  'trust.project':
    'mcp-gateway trust is about the servers that a client in this directory gets, the project’s among them.',
  'consent.continuation':
    'After a consent the same call is made again without a question only for the input_required of that call, once.',
  'hook.project': 'The hook judges by the configuration of the session, and never allows a tool of a project’s server.',
  'preview.hidden': 'The preview of allow shows what shows nothing, and spaces that are none, as escapes.',
  'preview.lookalike':
    'The preview of allow remarks on words and keys that look like others and are not, and on what is no plain letter of one script.',
});

/** Secrets of others in what a server says, hidden characters, bounds and names, seen a second time. */
const SECOND_LOOK = promised('#13', {
  'secrets.others':
    'What is secret in one entry, in the settings, or filled in anywhere is blanked in the errors, last words and log of every server.',
  'trust.patterns':
    'A regular expression of a schema may name private-use characters and escapes; whatever else is hidden is flagged, under any key.',
  'secrets.inherited':
    'So is what a server inherits under a name that tells, or as a password within a value; paths and what the system says stay readable.',
});

const PIPELINE = promised('#14', {
  'calls.layers':
    'A call passes the request log and metrics, the limit of calls, counts, trust and permissions in that order, each once.',
  'bounded.map': 'A bounded store forgets in one order, as many as it must, and says of each that it has gone.',
});

const MODELS = promised('#15', {
  'models.paired':
    '`npm run bench:models` lets a model behind either API do each task with all definitions, through the gateway and through the original’s meta-tools, over one catalog, and prints paired differences with intervals.',
  'models.resume': 'A rerun skips the runs that its file has; a torn last line counts as none.',
  'models.cost': 'Likely tokens and cost are shown before anything is sent, and nothing is sent without --yes.',
  'models.missing': 'A task whose tool is missing is right when that is reported and nothing else is changed.',
  'models.endpoint':
    '429 and 5xx are tried again after the time asked for; a refusal is kept as such, a silent model ends its run, and the key is never shown.',
  'models.score':
    'A run is judged by what servers received: tools, arguments by schema and by value, changes too many.',
  'models.catalog': 'A catalog depends on task, size and seed alone, and has all that its task needs.',
});

/** Every promise by its id. A test cites an id in brackets in its title. */
export const REQUIREMENTS: Readonly<Record<string, Requirement>> = {
  ...GATEWAY,
  ...ARGUMENTS,
  ...PRIMITIVES,
  ...TASKS,
  ...OUTBOUND,
  ...LOGIN,
  ...CONFORMANCE,
  ...FINDING,
  ...SEMANTICS,
  ...FIDELITY,
  ...RANKING,
  ...NAMES,
  ...ANSWERS,
  ...SPELLING,
  ...SPEED,
  ...KEPT_FAST,
  ...CLIENT_FAULTS,
  ...LIVES,
  ...SEARCH_SPEED,
  ...STRANGE,
  ...PROPERTIES,
  ...FAULTS,
  ...HTTP_EDGE,
  ...HTTP_AUTH,
  ...HTTP_LIMITS,
  ...HTTP_API,
  ...HTTP_MONITOR,
  ...HTTP_DOCKER,
  ...HTTP_LOAD,
  ...HOME,
  ...PEOPLE,
  ...DOCTOR,
  ...LOGIN_COMMANDS,
  ...PERMISSIONS,
  ...PROJECT,
  ...TRUST,
  ...DAEMON,
  ...HOSTS,
  ...MOVING,
  ...COMMAND_LINE,
  ...ODD_SERVERS,
  ...EXACT,
  ...EDGE_BOUNDS,
  ...STARTS,
  ...TRUST_CLOSED,
  ...SECOND_LOOK,
  ...PIPELINE,
  ...MODELS,
};

function promised(source: Requirement['source'], texts: Readonly<Record<string, string>>): Record<string, Requirement> {
  return Object.fromEntries(Object.entries(texts).map(([id, text]) => [id, { text, source }]));
}
