import { readFileSync } from 'node:fs';

/** Users that are people: below are those of the system, above is nobody. */
const FIRST_UID = 1_000;
const LAST_UID = 59_999;
/** Instead of a shell, where nobody is to log in. */
const NO_LOGIN = /(^|\/)(nologin|false|sync|halt|shutdown)$/;

/** How many people but that user can log in to a machine, by its list of users (`/etc/passwd`). */
export function othersIn(passwd: string, ownUid: number): number {
  return passwd.split('\n').filter((line) => {
    const [, , uid, , , , shell = ''] = line.split(':');
    const number = Number(uid);
    return (
      number >= FIRST_UID && number <= LAST_UID && number !== ownUid && shell !== '' && !NO_LOGIN.test(shell.trim())
    );
  }).length;
}

/** The same of this machine, as far as it says: users of a directory service, or of another system than Unix, are not known. */
export function otherPeople(): number {
  try {
    return othersIn(readFileSync('/etc/passwd', 'utf8'), process.getuid?.() ?? -1);
  } catch {
    return 0;
  }
}
