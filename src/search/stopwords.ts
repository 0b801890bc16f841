const STOPWORDS = new Set(
  (
    'a an the this that these those there here it its is are was were be been being am do does did done has have had having ' +
    'i you he she we they them us our your their his her of in on at to for from by with without into onto over under as ' +
    'and or but if then than so not no nor can could would should will shall may might must please kindly want wants need ' +
    'needs like help using use used via let lets just also any some each every both other such only very too ' +
    's t d m re ve ll what which how whose whom im'
  ).split(' '),
);

/** Whether a word says nothing about what a tool does: articles, pronouns, auxiliaries, courtesies. */
export function isStopword(word: string): boolean {
  return STOPWORDS.has(word);
}
