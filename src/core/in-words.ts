/** What OpenSSL says of a server that answers in another protocol than TLS. */
const NO_TLS =
  /(?:\bwrite EPROTO )?[\dA-F]{1,20}:error:[\dA-F]{1,20}:SSL routines:[^:]{0,100}:(?:wrong version number|packet length too long|http request|unknown protocol)[^\n]*\n?/gi;

/**
 * What runtimes say of a connection, and the same for people; the code stays, since one can look it up. In linear time:
 * servers write such texts too.
 */
const WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  // Classes of errors, which say nothing that the text does not.
  [/\b(?:Aggregate|Type|Range|Syntax|Reference|Socket|DOM|Fetch|Sse)?(?:Error|Exception): (?=\S)/g, ''],
  [NO_TLS, 'the server speaks no TLS: should the address begin with http:// or ws://?'],
  [/\bfetch failed(?:: (?=\S)|$)/g, ''],
  [
    /\bConnect Timeout Error\b(?: \(attempted address(?:es)?: ([^,)]{1,300})(?:,[^)]{0,3000})?\))?/g,
    'the server at $1 did not answer in time',
  ],
  [/\bHeaders Timeout Error\b/g, 'the server did not begin to answer in time'],
  [/\bBody Timeout Error\b/g, 'the server stopped in the middle of an answer'],
  [/\bterminated(?:: other side closed)?$/g, 'the server broke the connection off'],
  [/\bterminated: (?=\S)/g, 'the connection broke off: '],
  [/\b(?:other side closed|socket hang up)\b/g, 'the server closed the connection'],
  [/\bconnect ECONNREFUSED (\S+)/g, 'nothing listens at $1 (ECONNREFUSED)'],
  [/\b(?:connect|read|write) ECONNRESET\b/g, 'the server reset the connection (ECONNRESET)'],
  [/\bwrite after end\b|\bCannot call write after a stream was destroyed\b/g, 'the connection had been closed'],
  [/\b(?:write|read) EPIPE\b/g, 'the server had closed the connection (EPIPE)'],
  [/\bgetaddrinfo (ENOTFOUND|EAI_NONAME) (\S+)/g, 'there is no host named $2 ($1)'],
  [/\bgetaddrinfo (EAI_\w+) (\S+)/g, 'the host name $2 could not be looked up ($1)'],
  [/\b(?:connect|read) ETIMEDOUT(?: (\S+))?/g, 'the server did not answer in time (ETIMEDOUT $1)'],
  [/\bconnect (EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL) (\S+)/g, 'no way leads to $2 ($1)'],
  [/\bconnect (EACCES|EPERM) (\S+)/g, 'connecting to $2 is not allowed ($1)'],
];
const NOTHING_SAID = 'the server could not be reached';

/** The text of an error of the network as a person would say it; other texts as they are. */
export function inWords(text: string): string {
  const said = WORDS.reduce((rest, [pattern, words]) => rest.replace(pattern, words), text);
  return (
    said
      .replace(/ at {2}did/, ' did')
      .replace('(ETIMEDOUT )', '(ETIMEDOUT)')
      .trim() || NOTHING_SAID
  );
}
